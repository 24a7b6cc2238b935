package apikey_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/user"
)

// TestLife walks a key through its life.
func TestLife(t *testing.T) {
	e := open(t)
	c := e.create(`"scopes":["tenant","reports:read"],"allowed_ips":["192.0.2.0/24"],"expires_at":"2999-01-01T00:00:00Z"`)
	token := e.mint(c)
	me := e.send(http.MethodGet, "/auth/me", "", as(token))
	for name, want := range map[string]any{
		"token_type": "service", "user_id": e.owner.ID, "session_id": c.id, "is_system_user": true, "tenant_id": "acme", "partner_id": "partners", "scope": "tenant",
	} {
		if got := me.json(name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if got := fmt.Sprint(me.json("extra")); got != "map[api_code:"+c.code+" auth_method:api_key scopes:[tenant reports:read]]" {
		t.Errorf("extra: got %s", got)
	}
	list := e.send(http.MethodGet, "/auth/api-keys", "", as(e.token))
	if !strings.Contains(list.body, `"prefix":"`+c.key[:11]+`"`) || !strings.Contains(list.body, `"last_used_at"`) || strings.Contains(list.body, c.key) {
		t.Errorf("list: got %s", list.body)
	}
	if a := e.send(http.MethodDelete, "/auth/api-keys/"+c.id, "", as(e.token)); a.status != http.StatusNoContent {
		t.Fatalf("delete: got %d %s", a.status, a.body)
	}
	if e.live(token) {
		t.Error("a token outlives its key")
	}
	e.refused("a revoked key", e.swap(c))
	if a := e.send(http.MethodDelete, "/auth/api-keys/"+c.id, "", as(e.token)); a.status != http.StatusNotFound {
		t.Errorf("delete again: got %d", a.status)
	}
	for _, name := range []string{"apikey.create", "apikey.use", "apikey.revoke"} {
		if len(e.Events.Named(name)) == 0 {
			t.Errorf("no event %s", name)
		}
	}
	e.Drain()
	var said []string
	for _, m := range e.Inbox.Messages() {
		if strings.Contains(m.Subject, "API key") {
			said = append(said, m.Subject)
		}
	}
	if len(said) != 2 {
		t.Errorf("the owner was told %q", said)
	}
}

// TestRotate lets the old secret and its tokens live on for the overlap, and not a second longer.
func TestRotate(t *testing.T) {
	for _, tt := range []struct {
		rule, body string
		overlap    time.Duration
	}{
		{"a day by default", "", 24 * time.Hour},
		{"a minute when asked for", `{"overlap_seconds":60}`, time.Minute},
		{"ends at once with 0", `{"overlap_seconds":0}`, 0},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			e := open(t)
			before := e.create("")
			early := e.mint(before)
			a := e.send(http.MethodPost, "/auth/api-keys/"+before.id+"/rotate", tt.body, as(e.token))
			after := credential{a.text("id"), a.text("api_code"), a.text("api_key")}
			if a.status != http.StatusOK || after.id != before.id || after.code != before.code || after.key == before.key {
				t.Fatalf("rotate: got %d %s", a.status, a.body)
			}
			late := ""
			if tt.overlap > 0 {
				late = e.mint(before)
				if !e.live(early) {
					t.Error("a token of the old secret dies before the overlap is over")
				}
				e.Clock.Advance(tt.overlap - time.Second)
				if tt.overlap < 10*time.Minute && (!e.live(early) || !e.live(late)) {
					t.Error("a token of the old secret dies before the overlap is over")
				}
				if a := e.swap(before); a.status != http.StatusOK {
					t.Error("the old secret dies before the overlap is over")
				}
				e.Clock.Advance(time.Second)
			}
			e.refused("the old secret", e.swap(before))
			if e.live(early) || e.live(late) {
				t.Error("a token of the old secret lives on")
			}
			if !e.live(e.mint(after)) {
				t.Error("a token of the new secret is dead")
			}
		})
	}
}

// TestOwnership hides the keys of others.
func TestOwnership(t *testing.T) {
	e := open(t)
	c := e.create("")
	token := e.mint(c)
	eve := e.SignIn(user.User{Email: "eve@example.com", TenantID: "acme"})
	for _, r := range []struct{ method, path string }{
		{http.MethodDelete, "/auth/api-keys/" + c.id},
		{http.MethodPost, "/auth/api-keys/" + c.id + "/rotate"},
		{http.MethodDelete, "/auth/api-keys/" + c.code},
		{http.MethodDelete, "/auth/api-keys/unknown"},
		{http.MethodPost, "/auth/api-keys/%00/rotate"},
	} {
		if a := e.send(r.method, r.path, "", as(eve)); a.status != http.StatusNotFound {
			t.Errorf("%s %s: got %d %s", r.method, r.path, a.status, a.body)
		}
	}
	if a := e.send(http.MethodGet, "/auth/api-keys", "", as(eve)); a.body != `{"api_keys":[]}` {
		t.Errorf("list: got %s", a.body)
	}
	if !e.live(token) || e.swap(c).status != http.StatusOK {
		t.Error("the key of another user was touched")
	}
}

// TestCreateRefuses names the field of each key that must not be saved.
func TestCreateRefuses(t *testing.T) {
	e := open(t)
	long := strings.Repeat("x", 65)
	for rule, body := range map[string]string{
		"no name": `{}`, "an empty name": `{"name":""}`, "a long name": `{"name":"` + long + `"}`, "a name that does not print": `{"name":"a\u0000"}`,
		"an empty list of addresses": `{"name":"x","allowed_ips":[]}`, "null for addresses": `{"name":"x","allowed_ips":null}`,
		"a text for addresses": `{"name":"x","allowed_ips":"192.0.2.1"}`, "an empty address": `{"name":"x","allowed_ips":[""]}`,
		"null for an address": `{"name":"x","allowed_ips":[null]}`, "a star": `{"name":"x","allowed_ips":["*"]}`,
		"too many bits": `{"name":"x","allowed_ips":["192.0.2.0/33"]}`, "no such address": `{"name":"x","allowed_ips":["300.1.1.1"]}`,
		"one bad among good ones": `{"name":"x","allowed_ips":["192.0.2.1","192.0.2.1/"]}`, "a zone": `{"name":"x","allowed_ips":["fe80::1%eth0"]}`,
		"a host name": `{"name":"x","allowed_ips":["localhost"]}`, "two in one": `{"name":"x","allowed_ips":["192.0.2.1,192.0.2.2"]}`,
		"a mapped network that is too wide": `{"name":"x","allowed_ips":["::ffff:192.0.2.0/64"]}`,
		"an empty scope":                    `{"name":"x","scopes":[""]}`, "a scope of two words": `{"name":"x","scopes":["a b"]}`, "a scope twice": `{"name":"x","scopes":["a","a"]}`,
		"a text for scopes": `{"name":"x","scopes":"a"}`, "no key": `{"name":"x","public_keys":["-----BEGIN PUBLIC KEY-----"]}`, "an empty key": `{"name":"x","public_keys":[{}]}`,
		"null for a key": `{"name":"x","public_keys":[null]}`, "a past end": `{"name":"x","expires_at":"2001-01-01T00:00:00Z"}`, "an end that is no time": `{"name":"x","expires_at":"tomorrow"}`,
		"an end before the beginning": `{"name":"x","not_before":"2900-01-01T00:00:00Z","expires_at":"2800-01-01T00:00:00Z"}`,
		"another case":                `{"Name":"x"}`, "a name twice": `{"name":"x","name":"y"}`,
	} {
		if a := e.send(http.MethodPost, "/auth/api-keys", body, as(e.token)); a.status != http.StatusBadRequest || a.text("code") != "invalid_request" {
			t.Errorf("%s: got %d %s", rule, a.status, a.body)
		}
	}
	if a := e.send(http.MethodPost, "/auth/api-keys", `{"name":"x","scopes":["system"]}`, as(e.token)); a.status != http.StatusForbidden || a.text("code") != "insufficient_scope" {
		t.Errorf("a boundary beyond the owner's: got %d %s", a.status, a.body)
	}
	if a := e.send(http.MethodGet, "/auth/api-keys", "", as(e.token)); a.body != `{"api_keys":[]}` {
		t.Errorf("something was saved: %s", a.body)
	}
}

// TestMayGrant: the host has the last word about scopes, and is asked about those that were asked for.
func TestMayGrant(t *testing.T) {
	var asked []string
	e := open(t, func(c *auth.Config) {
		c.MayGrant = func(_ context.Context, u user.User, scopes []string) error {
			asked = append(asked, u.Email+" "+strings.Join(scopes, " "))
			if slices.Contains(scopes, "billing") {
				return errors.New("not to this user")
			}
			return nil
		}
	})
	e.create(`"scopes":["read"]`)
	a := e.send(http.MethodPost, "/auth/api-keys", `{"name":"x","scopes":["read","billing"]}`, as(e.token))
	if a.status != http.StatusForbidden || a.text("code") != "insufficient_scope" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if want := []string{"ada@example.com read", "ada@example.com read billing"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
}

// TestRotateUnderTraffic rotates again and again while clients take up each new secret as they learn of it. Not one call is refused.
func TestRotateUnderTraffic(t *testing.T) {
	e := open(t)
	current := newBox(e.create(""))
	stop, done := make(chan struct{}), make(chan string, 8)
	for range cap(done) {
		go func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					done <- ""
					return
				default:
				}
				c := current.get()
				a := e.swap(c)
				if a.status != http.StatusOK || !e.live(a.text("token")) {
					done <- fmt.Sprintf("call %d: %d %s", n, a.status, a.body)
					return
				}
			}
		}()
	}
	for range 6 {
		a := e.send(http.MethodPost, "/auth/api-keys/"+current.get().id+"/rotate", "", as(e.token))
		if a.status != http.StatusOK {
			t.Fatalf("rotate: got %d %s", a.status, a.body)
		}
		next := current.get()
		next.key = a.text("api_key")
		current.set(next)
		if s := e.swap(next); s.status != http.StatusOK {
			t.Errorf("the new secret: got %d %s", s.status, s.body)
		}
	}
	close(stop)
	for range cap(done) {
		if what := <-done; what != "" {
			t.Error("refused: " + what)
		}
	}
}

// TestDisable refuses a key and its tokens until it is enabled, and then lets new tokens live.
func TestDisable(t *testing.T) {
	e := open(t)
	c := e.create("")
	token := e.mint(c)
	keys := e.APIKeys()
	if err := keys.Disable(t.Context(), e.owner.ID, c.id); err != nil {
		t.Fatal(err)
	}
	e.refused("a disabled key", e.swap(c))
	if e.live(token) {
		t.Error("a token of a disabled key is alive")
	}
	if err := keys.Enable(t.Context(), e.owner.ID, c.id); err != nil {
		t.Fatal(err)
	}
	if e.live(token) {
		t.Error("a token that was ended is alive again")
	}
	if !e.live(e.mint(c)) {
		t.Error("a token of an enabled key is dead")
	}
}

// TestOneRead counts what an exchange asks of the store of keys.
func TestOneRead(t *testing.T) {
	e := open(t)
	c := e.create("")
	e.mint(c) // writes the last use
	e.Faults.Forget()
	e.mint(c)
	count := map[string]int{}
	for _, call := range e.Faults.Calls() {
		count[call.Verb]++
	}
	if count["apikeys.Load"] != 1 || count["apikeys.Replace"] != 0 || count["apikeys.List"] != 0 {
		t.Errorf("an exchange asks for %v", count)
	}
	t.Logf("an exchange asks for %v", count)
	e.Faults.Forget()
	typo := c
	typo.key = c.key[:len(c.key)-1] + map[bool]string{true: "b", false: "a"}[strings.HasSuffix(c.key, "a")]
	e.refused("a typing error", e.swap(typo))
	for _, call := range e.Faults.Calls() {
		if strings.HasPrefix(call.Verb, "apikeys.") {
			t.Errorf("a typing error costs %s", call.Verb)
		}
	}
	e.Clock.Advance(time.Minute)
	e.Faults.Forget()
	e.mint(c)
	writes := 0
	for _, call := range e.Faults.Calls() {
		if call.Verb == "apikeys.Replace" {
			writes++
		}
	}
	if writes != 1 {
		t.Errorf("the last use is written %d times", writes)
	}
	e.Faults.Inject(authtest.Fault{On: "apikeys.Load"})
	if a := e.swap(c); a.status != http.StatusServiceUnavailable {
		t.Errorf("a store that fails: got %d %s", a.status, a.body)
	}
}

// TestSecretRotation keeps keys good that were stored under a previous secret of the configuration, and no longer.
func TestSecretRotation(t *testing.T) {
	e := open(t)
	c := e.create("")
	old := e.Config
	reopen := func(change func(c *auth.Config)) *env {
		next := old
		next.Secret = auth.NewSecret()
		change(&next)
		return &env{Server: authtest.New(t, next), t: t, owner: e.owner}
	}
	rotated := reopen(func(c *auth.Config) { c.PreviousSecrets = []auth.Secret{old.Secret} })
	if a := rotated.swap(c); a.status != http.StatusOK {
		t.Errorf("with the old secret among the previous ones: got %d %s", a.status, a.body)
	}
	e.refused("without it", reopen(func(*auth.Config) {}).swap(c))
}

// TestOwnerAtEveryUse gives a token no more than its owner has at that moment.
func TestOwnerAtEveryUse(t *testing.T) {
	e := open(t)
	c := e.create(`"scopes":["partner"]`)
	scope := func() any { return e.send(http.MethodGet, "/auth/me", "", as(e.mint(c))).json("scope") }
	if got := scope(); got != "partner" {
		t.Errorf("scope: got %v", got)
	}
	lesser := e.owner
	lesser.Scope = jwt.ScopeTenant
	e.Put(lesser)
	if got := scope(); got != "tenant" {
		t.Errorf("scope of an owner who sees less: got %v", got)
	}
	moved := e.owner
	moved.TenantID = "other"
	e.Put(moved)
	e.refused("the owner has left the tenant", e.swap(c))
	gone := e.owner
	gone.Disabled = true
	e.Put(gone)
	e.refused("the owner is disabled", e.swap(c))
	e.Put(e.owner)
	if a := e.swap(c); a.status != http.StatusOK {
		t.Errorf("the owner is back: got %d %s", a.status, a.body)
	}
}

// TestAllowedIPs admits the addresses of the list, in whatever form they come, and no other.
func TestAllowedIPs(t *testing.T) {
	e := open(t)
	c := e.create(`"allowed_ips":["192.0.2.7","198.51.100.0/24","2001:db8::/32","::ffff:203.0.113.0/120"]`)
	for ip, in := range map[string]bool{
		"192.0.2.7": true, "192.0.2.8": false, "198.51.100.255": true, "198.51.101.0": false, "2001:db8:ffff::1": true, "2001:db9::1": false,
		"::ffff:192.0.2.7": true, "203.0.113.9": true, "203.0.112.9": false,
	} {
		if a := e.swap(c, from(ip)); (a.status == http.StatusOK) != in {
			t.Errorf("%s: got %d %s", ip, a.status, a.body)
		}
	}
	if _, err := e.APIKeys().Exchange(t.Context(), c.code, c.key); err == nil {
		t.Error("an address that is not known is admitted")
	}
}

// TestBounds keeps a key out before it begins and from its end on.
func TestBounds(t *testing.T) {
	e := open(t)
	at := func(d time.Duration) string { return e.Clock.Now().Add(d).UTC().Format(time.RFC3339) }
	c := e.create(`"not_before":"` + at(time.Minute) + `","expires_at":"` + at(2*time.Minute) + `"`)
	e.refused("too early", e.swap(c))
	e.Clock.Advance(time.Minute)
	token := e.mint(c)
	e.Clock.Advance(time.Minute)
	e.refused("too late", e.swap(c))
	e.Clock.Advance(31 * time.Second) // the leeway
	if e.live(token) {
		t.Error("a token outlives the end of its key")
	}
}
