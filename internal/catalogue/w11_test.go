package catalogue

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/sender"
)

// TestW11_Enumeration: the options of a sign-in say nothing about any account, whatever is asked.
func TestW11_Enumeration(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{}
		token := e.login(ada)
		e.passkey(token, a)
		e.login(bob)
		seen := map[string]bool{}
		for _, body := range []string{`{}`, `{"email":"ada@example.com"}`, `{"email":"bob@example.com"}`, `{"email":"nobody@example.com"}`, ``} {
			for range 5 {
				got := e.post("/auth/webauthn/login/options", body)
				var doc map[string]any
				if err := json.Unmarshal([]byte(got.body), &doc); err != nil || got.status != http.StatusOK {
					t.Fatalf("answers %d %s", got.status, got.body)
				}
				delete(doc, "challenge")
				if list, ok := doc["allowCredentials"].([]any); ok && len(list) > 0 {
					t.Errorf("allowCredentials is %v", list)
				}
				seen[fmt.Sprint(doc)] = true
			}
			e.passkey(token, a)
		}
		if len(seen) != 1 {
			t.Errorf("%d different answers: %v", len(seen), seen)
		}
	})
}

// list is what the owner of the token sees of their passkeys.
func (e *env) list(token string) (ids []string, doc map[string]any) {
	e.t.Helper()
	a := e.get("/auth/webauthn/credentials", token)
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || a.status != http.StatusOK {
		e.t.Fatalf("the list answers %d %s", a.status, a.body)
	}
	all, _ := doc["credentials"].([]any)
	for _, c := range all {
		m, _ := c.(map[string]any)
		id, _ := m["id"].(string)
		ids = append(ids, id)
	}
	return ids, doc
}

func (e *env) rename(token, id, name string) answer {
	return e.do(http.MethodPatch, "/auth/webauthn/credentials/"+id, fmt.Sprintf(`{"name":%q}`, name), key(token), header("Content-Type", "application/json"))
}

func (e *env) remove(token, id string) answer {
	return e.do(http.MethodDelete, "/auth/webauthn/credentials/"+id, "", key(token))
}

// TestW12_Management: who may add, rename and remove, and who is told.
func TestW12_Management(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{}
		other := e.login(ada)
		adas, bobs := e.login(ada), e.login(bob)
		k := e.passkey(adas, a)
		if e.live(other) || !e.live(adas) {
			t.Error("the first second factor must end the other sessions and spare this one")
		}
		e.passkey(bobs, a)
		id := base64.RawURLEncoding.EncodeToString(k.ID)
		preAuth := e.preAuth(ada)
		refuse := func(status int, code string, token string) {
			t.Helper()
			e.refuses(t, status, code, func() answer { return e.post("/auth/webauthn/register/options", "{}", key(token)) })
			e.refuses(t, status, code, func() answer { return e.rename(token, id, "stolen") })
			e.refuses(t, status, code, func() answer { return e.remove(token, id) })
		}
		refuse(http.StatusForbidden, "second_factor_required", preAuth)
		e.refuses(t, http.StatusNotFound, "not_found", func() answer { return e.rename(bobs, id, "stolen") })
		e.refuses(t, http.StatusNotFound, "not_found", func() answer { return e.remove(bobs, id) })
		for _, unknown := range []string{"AA", "*", id + "=", strings.Repeat("A", 1368)} {
			e.refuses(t, http.StatusNotFound, "not_found", func() answer { return e.remove(adas, unknown) })
		}
		if got := e.rename(adas, id, "Laptop"); got.status != http.StatusOK || got.text("name") != "Laptop" || got.text("id") != id {
			t.Errorf("the new name answers %d %s", got.status, got.body)
		}
		e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer { return e.rename(adas, id, strings.Repeat("x", 65)) })
		e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer { return e.rename(adas, id, "") })

		ids, doc := e.list(adas)
		if len(ids) != 1 || ids[0] != id || !strings.Contains(fmt.Sprint(doc["signalCurrentUserDetails"]), "name:"+ada) ||
			!strings.Contains(fmt.Sprint(doc["signalAllAcceptedCredentials"]), id) {
			t.Errorf("the list is %v", doc)
		}

		var o struct {
			User               struct{ ID, Name string }
			ExcludeCredentials []struct{ ID, Type string }
			Attestation        string
		}
		if err := json.Unmarshal(e.creation(adas), &o); err != nil {
			t.Fatal(err)
		}
		if len(o.ExcludeCredentials) != 1 || o.ExcludeCredentials[0].ID != id || o.ExcludeCredentials[0].Type != "public-key" || o.Attestation != "none" {
			t.Errorf("the options are %+v", o)
		}
		if raw, err := base64.RawURLEncoding.DecodeString(o.User.ID); err != nil || len(raw) != 32 || strings.Contains(string(raw), "ada") {
			t.Errorf("the user handle is %q", o.User.ID)
		}
		e.Clock.Advance(11 * time.Minute)
		refuse(http.StatusForbidden, "reauthentication_required", adas)

		fresh := e.login2(ada, a, k)
		got := e.remove(fresh, id)
		if got.status != http.StatusOK || e.live(adas) || !e.live(fresh) {
			t.Errorf("the removal answers %d %s, and must end the other sessions alone", got.status, got.body)
		}
		if all := fmt.Sprint(got.field("signalAllAcceptedCredentials")); !strings.Contains(all, "allAcceptedCredentialIds:[]") || !strings.Contains(all, "userId:"+o.User.ID) {
			t.Errorf("the signal is %s", all)
		}
		e.refuses(t, http.StatusNotFound, "not_found", func() answer { return e.remove(fresh, id) })
		if ids, doc := e.list(fresh); len(ids) != 0 {
			t.Errorf("the list is %v", doc)
		}
		e.Drain()
		var told []string
		for _, m := range e.Inbox.Messages() {
			if m.To == ada && m.Purpose == sender.Notice {
				told = append(told, m.Subject)
			}
		}
		if s := strings.Join(told, "|"); len(told) != 2 || !strings.Contains(s, "passkey was added") || !strings.Contains(s, "passkey was removed") {
			t.Errorf("the owner was told %q", told)
		}
	})
}

// TestW12_LastWayIn: in the strict profile no code signs in, and the last passkey stays until there is another.
func TestW12_LastWayIn(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			e := open(t, b, 1, auth.Config{})
			a := &authtest.Authenticator{}
			k := e.passkey(e.login(ada), a)
			c := e.Config
			c.Profile = auth.ProfileStrict
			strict := open(t, backend{"", func(*testing.T, *auth.Config) {}, b.wall, b.slow}, 1, c)
			token := strict.signsIn(t, strict.assert(a.Assert(strict.request(), k)), e.account(ada))
			id := base64.RawURLEncoding.EncodeToString(k.ID)
			last := func(id string) {
				t.Helper()
				strict.checkRefusal(t, strict.remove(token, id), http.StatusConflict, "last_factor")
			}
			last(id)
			strict.passkey(token, a)
			if got := strict.remove(token, id); got.status != http.StatusOK {
				t.Errorf("one of two answers %d %s", got.status, got.body)
			}
			ids, _ := strict.list(token)
			if len(ids) != 1 {
				t.Fatalf("%d passkeys are left, want 1", len(ids))
			}
			last(ids[0])
		})
	}
}

// TestW12_TwoRemovedAtOnce: while one passkey is removed the removal of the other waits, so that not both are taken for the last but one.
func TestW12_TwoRemovedAtOnce(t *testing.T) {
	e := alone(t, auth.Config{})
	a, token := &authtest.Authenticator{}, e.login(ada)
	one, two := e.passkey(token, a), e.passkey(token, a)
	id := func(k *authtest.Passkey) string { return base64.RawURLEncoding.EncodeToString(k.ID) }
	var second answer
	e.Faults.Inject(authtest.Fault{On: "passkeys.Delete", Times: 1, Do: authtest.Pause, Before: func() { second = e.remove(token, id(two)) }})
	if got := e.remove(token, id(one)); got.status != http.StatusOK {
		t.Errorf("the first answers %d %s", got.status, got.body)
	}
	e.checkRefusal(t, second, http.StatusTooManyRequests, "rate_limited")
	if ids, _ := e.list(token); len(ids) != 1 {
		t.Errorf("%d passkeys are left", len(ids))
	}
}

// TestW12_Enrolment: who must have a second factor enrols a passkey with the pre_auth token, and is signed in.
func TestW12_Enrolment(t *testing.T) {
	each(t, auth.Config{RequireSecondFactor: everybody}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{}
		e.account(ada)
		preAuth := e.preAuth(ada)
		c, k := a.Register(e.creation(preAuth))
		got := e.offer(preAuth, c)
		token := e.signsIn(t, got, e.account(ada))
		if aal := e.get("/auth/me", token).field("aal"); aal != 2.0 {
			t.Errorf("the session is AAL %v", aal)
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.post("/auth/webauthn/register/options", "{}", key(preAuth)) })
		e.signsIn(t, e.assert(a.Assert(e.request(), k)), e.account(ada))
	})
}
