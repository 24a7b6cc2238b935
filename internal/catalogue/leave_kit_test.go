package catalogue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// visit is a request of the catalogue at an instance of its own, whose messages and events are those of the request alone.
type visit struct {
	*env

	home  *env // where the request was made ready, and where its client comes back to
	name  string
	send  request
	doors []string
}

// owing are [successes] of somebody who must enrol a second factor first.
var owing = map[string]func(t *testing.T, e *env) request{
	"POST /auth/2fa/enable of who must enrol": enabling,
	"POST /auth/webauthn/register/verify of who must enrol": func(_ *testing.T, e *env) request {
		token := e.login(ada)
		e.hardware = &authtest.Authenticator{}
		credential, k := e.hardware.Register(e.creation(token))
		e.held = k
		return func() answer { return e.offer(token, credential) }
	},
}

func visiting(t *testing.T, name string) *visit {
	t.Helper()
	var e *env
	var send request
	if prepare := owing[name]; prepare != nil {
		e = alone(t, auth.Config{RequireSecondFactor: everybody})
		send = prepare(t, e)
	} else {
		e, send = prepared(t, name)
	}
	if name == "POST /auth/2fa/enable" || name == "DELETE /auth/sessions" {
		e.SignIn(user.User{Email: ada}) // a session that ends
	}
	v := &visit{home: e, name: name, send: send, doors: e.urls}
	v.env = e.moved(func(*auth.Config) {})
	return v
}

// leaves sends the request, whose client is gone at that moment of its n-th call.
func (v *visit) leaves(n int, moment func(leave func()) authtest.Fault) answer {
	if n > 0 {
		v.Faults.Inject(authtest.Fault{Times: n, Do: authtest.Pause})
	}
	a := v.leaving(v.send, func(leave func()) { v.Faults.Inject(moment(leave)) })
	v.Drain()
	return a
}

// leaving sends a request whose client is gone once leave is called, for which inject finds the moment. The answer is seen all the same: a
// client that closes only its half of the connection sees it too.
func (e *env) leaving(send request, inject func(leave func())) answer {
	var end atomic.Pointer[context.CancelFunc]
	guest := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithCancel(ctx)
		end.Store(&cancel)
		return ctx
	}
	leave := func() { (*end.Load())() }
	e.guest.Store(&guest)
	defer e.guest.Store(nil)
	inject(leave)
	a := send()
	leave() // where nothing did
	return a
}

// gone sends a request whose client has left when it comes.
func (e *env) gone(send request) answer {
	guest := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx
	}
	e.guest.Store(&guest)
	defer e.guest.Store(nil)
	return send()
}

// holding is what lasts of an account, one entry for each thing that somebody may decide.
type holding map[string]string

// holdings are those of everybody whom the requests are about.
func (v *visit) holdings(t *testing.T) holding {
	t.Helper()
	h, store := holding{}, v.Config.Store
	for _, address := range []user.Identifier{
		{Kind: user.Email, Value: ada}, {Kind: user.Email, Value: "new@example.com"}, {Kind: user.Phone, Value: "+46701234567"},
	} {
		u, err := store.Users().Find(t.Context(), address)
		if err != nil {
			continue
		}
		h["account"], h["address"] = u.ID, u.Email+u.Phone
		if e, err := store.TOTP().Load(t.Context(), u.ID); err == nil {
			h["app"], h["recovery codes"] = e.ID, fmt.Sprintf("%x", e.Codes)
		}
		passkeys, err := store.Passkeys().List(t.Context(), u.ID)
		for _, p := range passkeys {
			h["passkey"+string(p.ID)] = p.Name
		}
		links, errLinks := store.Links().List(t.Context(), u.ID)
		for _, l := range links {
			h["link"+l.ID] = l.ID
		}
		keys, errKeys := store.APIKeys().List(t.Context(), u.ID, apikey.MostKeys)
		for _, k := range keys {
			h["key"+k.ID] = fmt.Sprint(len(k.Secrets))
		}
		if err != nil || errLinks != nil || errKeys != nil {
			t.Fatal(err, errLinks, errKeys)
		}
		v.sessionsOf(t, u.ID, h)
	}
	return h
}

// sessionsOf adds the sessions that live.
func (v *visit) sessionsOf(t *testing.T, userID string, h holding) {
	t.Helper()
	view := v.Config.Store.Sessions()
	list, err := view.List(t.Context(), userID, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		state, err := view.State(t.Context(), userID, s.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		if state.SessionEnd.IsZero() && (s.Token.Epoch >= state.Epoch || state.Except == s.ID) {
			h["session"+s.ID] = s.ID
		}
	}
}

// decisions are the events that say what has become of an account: one for each kind of thing that is had, had no more, or had otherwise.
func (h holding) decisions(after holding) []string {
	names := map[string]bool{}
	for _, what := range slices.Sorted(maps.Keys(after)) {
		was, had := h[what]
		switch kind := thing(what); {
		case !had && kind == "account":
			names["user.created"] = true
		case !had && kind == "app":
			names["totp.enable"] = true
		case !had && kind == "passkey":
			names["webauthn.register"] = true
		case !had && kind == "link" && h["account"] != "":
			names["oauth.linked"] = true
		case !had && kind == "key":
			names["apikey.create"] = true
		case had && was != after[what] && kind == "address":
			names["user.address_changed"] = true
		case had && was != after[what] && kind == "recovery codes":
			names["totp.recovery_codes"] = true
		case had && was != after[what] && kind == "passkey":
			names["webauthn.rename"] = true
		case had && was != after[what] && kind == "key":
			names["apikey.rotate"] = true
		}
	}
	for what := range h {
		if _, has := after[what]; has {
			continue
		}
		name := map[string]string{"app": "totp.disable", "passkey": "webauthn.remove", "link": "oauth.unlinked", "key": "apikey.revoke"}[thing(what)]
		if name != "" {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// thing is the kind of an entry.
func thing(what string) string {
	for _, kind := range []string{"account", "address", "app", "recovery codes", "passkey", "link", "key", "session"} {
		if strings.HasPrefix(what, kind) {
			return kind
		}
	}
	return what
}

// ended are the sessions that live no more.
func (h holding) ended(after holding) (n int) {
	for what := range h {
		if _, has := after[what]; !has && thing(what) == "session" {
			n++
		}
	}
	return n
}

// decided are the decisions among the events, in order.
func decided(events []audit.Event) (names []string) {
	for _, ev := range events {
		passing := strings.HasPrefix(ev.Name, "session.") || slices.Contains([]string{"otp.send", "totp.setup", "apikey.use"}, ev.Name)
		if ev.Outcome == audit.Success && !passing {
			names = append(names, ev.Name)
		}
	}
	slices.Sort(names)
	return names
}

// shape is how much there is of each kind that lasts.
func (h holding) shape() string {
	kinds := map[string]int{}
	for what := range h {
		if kind := thing(what); kind != "session" {
			kinds[kind]++
		}
	}
	return fmt.Sprint(kinds)
}
