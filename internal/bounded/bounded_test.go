package bounded_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/bounded"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
)

// hosts is a store of which this library knows nothing.
type hosts struct{ store.Store }

// Namespace answers another of the same kind.
func (h hosts) Namespace(name string) store.Store { return hosts{h.Store.Namespace(name)} }

// TestEveryVerbEnds calls every verb of every view of a store that hangs: each ends at its deadline, and not before.
func TestEveryVerbEnds(t *testing.T) {
	faults := &authtest.Faults{}
	whole := faults.Store(hosts{memstore.New(nil)})
	faults.Inject(authtest.Fault{Do: authtest.Hang})
	for name, s := range map[string]store.Store{"": bounded.Store(whole), "of a namespace": bounded.Store(whole).Namespace("n")} {
		for i := range reflect.TypeFor[store.Store]().NumMethod() {
			view := reflect.TypeFor[store.Store]().Method(i)
			if view.Name == "Namespace" {
				continue
			}
			v := reflect.ValueOf(s).MethodByName(view.Name).Call(nil)[0]
			interfaces := []reflect.Type{view.Type.Out(0)}
			if view.Name == "Sessions" {
				interfaces = append(interfaces, reflect.TypeFor[session.Feed]())
			}
			for _, of := range interfaces {
				if !v.Elem().Type().Implements(of) {
					t.Fatalf("%s is no %v", view.Name, of)
				}
				for j := range of.NumMethod() {
					t.Run(view.Name+"."+of.Method(j).Name+name, func(t *testing.T) { ends(t, v.Elem().MethodByName(of.Method(j).Name)) })
				}
			}
		}
	}
}

func ends(t *testing.T, verb reflect.Value) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in := []reflect.Value{reflect.ValueOf(t.Context())}
		for i := 1; i < verb.Type().NumIn() && (!verb.Type().IsVariadic() || i < verb.Type().NumIn()-1); i++ {
			in = append(in, reflect.Zero(verb.Type().In(i)))
		}
		begin := time.Now()
		out := verb.Call(in)
		err, _ := out[len(out)-1].Interface().(error)
		if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took != bounded.Timeout {
			t.Errorf("ends with %v after %v", err, took)
		}
	})
}

// TestPunctual: what bounds itself is left as it is, behind something that stands before it too.
func TestPunctual(t *testing.T) {
	s := memstore.New(nil)
	faulty := (&authtest.Faults{}).Store(s)
	if bounded.Store(s) != store.Store(s) || bounded.Store(faulty) != faulty {
		t.Error("a store that bounds its own verbs is bounded again")
	}
	if h := (hosts{s}); bounded.Store(h) == store.Store(h) {
		t.Error("a store that does not is left as it is")
	}
}

// TestCall: a function that does not end in time is unavailable; what it answers in time is the answer.
func TestCall(t *testing.T) {
	refusal := errors.New("no")
	for _, tt := range []struct {
		name string
		do   func(ctx context.Context) (int, error)
		want error
	}{
		{"an answer", func(context.Context) (int, error) { return 7, nil }, nil},
		{"a refusal in time", func(context.Context) (int, error) { return 0, refusal }, refusal},
		{"nothing in time", func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }, problem.ErrUnavailable},
		{"a refusal too late", func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, refusal }, problem.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if _, err := bounded.Call(t.Context(), tt.do); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		})
	}
}
