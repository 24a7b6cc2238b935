package authtest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
	"github.com/crafteasy/auth/webauthn"
)

func TestEffects(t *testing.T) {
	value := []byte("value")
	tests := []struct {
		name  string
		fault Fault
		value string
		err   error
		gone  bool // whether the value was taken
	}{
		{"nothing fits: the call is served", Fault{On: "kv.Get"}, "value", nil, true},
		{"another key: the call is served", Fault{On: "kv.Take", Key: "other"}, "value", nil, true},
		{"refuse does nothing", Fault{On: "kv.Take"}, "", ErrInjected, false},
		{"a view is all its verbs", Fault{On: "kv"}, "", ErrInjected, false},
		{"no name is every verb", Fault{}, "", ErrInjected, false},
		{"the error can be chosen", Fault{Err: kv.ErrNotFound}, "", kv.ErrNotFound, false},
		{"hang ends with the context", Fault{Do: Hang}, "", context.DeadlineExceeded, false},
		{"fail after has done it", Fault{Do: FailAfter}, "", ErrInjected, true},
		{"garbage is no error", Fault{Do: Garbage}, string(rubbish()), nil, false},
		{"pause serves", Fault{Do: Pause}, "value", nil, true},
		{"lose serves whoever is there", Fault{Do: Lose}, "value", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var f Faults
			held := memstore.New(nil).KV()
			if err := held.Set(t.Context(), "key", value, time.Minute); err != nil {
				t.Fatal(err)
			}
			f.Inject(tt.fault)
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if tt.fault.Do != Hang {
				ctx = t.Context()
			}
			v, err := f.KV(held).Take(ctx, "key")
			if string(v) != tt.value || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v; want %q, %v", v, err, tt.value, tt.err)
			}
			_, err = held.Get(t.Context(), "key")
			if gone := errors.Is(err, kv.ErrNotFound); gone != tt.gone {
				t.Errorf("the value is gone: %v, want %v", gone, tt.gone)
			}
		})
	}
}

// TestLose: a call that was done is lost where its context ends in it, and nowhere else.
func TestLose(t *testing.T) {
	for _, do := range []Effect{Lose, Pause} {
		var f Faults
		held := memstore.New(nil).KV()
		ctx, cancel := context.WithCancel(t.Context())
		f.Inject(Fault{Do: do, After: cancel})
		err := f.KV(held).Set(ctx, "key", []byte("value"), time.Minute)
		if lost := errors.Is(err, context.Canceled); lost != (do == Lose) || ctx.Err() == nil {
			t.Errorf("effect %d answers %v", do, err)
		}
		if _, err := held.Get(t.Context(), "key"); err != nil {
			t.Errorf("effect %d has done nothing: %v", do, err)
		}
	}
}

func TestFaultsEnd(t *testing.T) {
	var f Faults
	ran := 0
	remove := f.Inject(Fault{On: "locks.Clear", Times: 2, Before: func() { ran++ }})
	locks := f.Store(memstore.New(nil)).Locks()
	var failed int
	clearLock := func() {
		if locks.Clear(t.Context(), "s") != nil {
			failed++
		}
	}
	clearLock()
	clearLock()
	clearLock()
	if failed != 2 || ran != 2 {
		t.Errorf("%d calls failed and Before ran %d times, want 2", failed, ran)
	}
	f.Inject(Fault{On: "locks.Clear"})()
	remove()
	clearLock()
	if failed != 2 {
		t.Error("a fault that was taken away still breaks calls")
	}
	if f.Count("locks.Clear") != 4 || f.Count("locks") != 4 || f.Count("") != 4 || f.Count("kv") != 0 {
		t.Errorf("calls %v", f.Calls())
	}
	f.Forget()
	if len(f.Calls()) != 0 {
		t.Error("the log was not forgotten")
	}
}

// TestEveryVerb calls every method of every view: each must be logged under its own name and be refused.
func TestEveryVerb(t *testing.T) {
	var f Faults
	f.Inject(Fault{})
	s := f.Store(memstore.New(nil)).Namespace("n")
	for view, v := range map[string]struct {
		store any
		as    reflect.Type
	}{
		"kv":       {s.KV(), reflect.TypeFor[kv.Store]()},
		"users":    {s.Users(), reflect.TypeFor[user.Store]()},
		"sessions": {s.Sessions(), reflect.TypeFor[session.Store]()},
		"locks":    {s.Locks(), reflect.TypeFor[abuse.Store]()},
		"passkeys": {s.Passkeys(), reflect.TypeFor[webauthn.Store]()},
		"totp":     {s.TOTP(), reflect.TypeFor[totp.Store]()},
		"links":    {s.Links(), reflect.TypeFor[oauth.Store]()},
		"apikeys":  {s.APIKeys(), reflect.TypeFor[apikey.Store]()},
	} {
		for m := range v.as.Methods() {
			t.Run(view+"."+m.Name, func(t *testing.T) {
				f.Forget()
				args := []reflect.Value{reflect.ValueOf(t.Context())}
				for j := 1; j < m.Type.NumIn(); j++ {
					args = append(args, reflect.Zero(m.Type.In(j)))
				}
				call := reflect.ValueOf(v.store).MethodByName(m.Name)
				var out []reflect.Value
				if m.Type.IsVariadic() {
					out = call.CallSlice(args)
				} else {
					out = call.Call(args)
				}
				if err, _ := reflect.TypeAssert[error](out[len(out)-1]); !errors.Is(err, ErrInjected) {
					t.Errorf("answers %v", err)
				}
				if calls := f.Calls(); len(calls) != 1 || calls[0].Verb != view+"."+m.Name {
					t.Errorf("logged as %v", calls)
				}
			})
		}
	}
}

func TestSummaryHoldsNoCode(t *testing.T) {
	s := New(t, auth.Config{})
	s.SignIn(user.User{Email: "ada@example.com"})
	for _, m := range s.Inbox.Messages() {
		if m.Code != "" && strings.Contains(s.Inbox.summary(), m.Code) {
			t.Error("a failing test would print a code")
		}
	}
}
