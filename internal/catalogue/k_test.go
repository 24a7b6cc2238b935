package catalogue

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/apikey"
)

const invalidKey = "invalid_api_key"

// TestK01_LookupOracle refuses every class by one status and one body, and prints how long each takes.
func TestK01_LookupOracle(t *testing.T) {
	each(t, behindProxy(), func(t *testing.T, e *env) {
		token := e.login(ada)
		right, old := e.machineOf(token, ""), e.machineOf(token, "")
		denied := e.machineOf(token, `"allowed_ips":["192.0.2.0/24"]`)
		expired := e.machineOf(token, fmt.Sprintf(`"expires_at":%q`, e.Clock.Now().Add(time.Minute).Format(time.RFC3339)))
		early := e.machineOf(token, `"not_before":"2999-01-01T00:00:00Z"`)
		e.revoke(token, old)
		e.Clock.Advance(time.Minute)
		classes := map[string]machine{
			"unknown code": {"", "ac_aaaaaaaaaaaaaaaa", right.key}, "wrong secret": {"", right.code, denied.key}, "revoked": old, "expired": expired,
			"not yet valid": early, "denied address": denied, "typing error": {"", right.code, right.key[:30] + "zzz" + right.key[33:]}, "no code at all": {"", "x", "y"},
		}
		names := slices.Sorted(func(yield func(string) bool) {
			for name := range classes {
				if !yield(name) {
					return
				}
			}
		})
		answers, took := map[string]answer{}, map[string][]time.Duration{}
		for i := range 400 / len(names) {
			for _, name := range names {
				from := at(someAddress())
				if i == 0 {
					answers[name] = e.refuses(t, http.StatusUnauthorized, invalidKey, func() answer { return e.swap(classes[name], from) })
					continue
				}
				begin := time.Now()
				a := e.swap(classes[name], from)
				took[name] = append(took[name], time.Since(begin))
				if a.status != http.StatusUnauthorized || a.masked() != answers[name].masked() {
					t.Fatalf("%s: answers %d %s", name, a.status, a.body)
				}
			}
		}
		same(t, answers)
		for _, name := range names {
			t.Logf("%-16s median %v, against an unknown code p = %.3f", name, median(took[name]), mannWhitney(took[name], took["unknown code"]))
		}
		if a := e.swap(denied, at("192.0.2.9")); a.status != http.StatusOK {
			t.Errorf("the key from an address that is allowed answers %d %s", a.status, a.body)
		}
	})
}

func median(d []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[len(s)/2]
}

// mannWhitney is the two-sided p of two samples being of one distribution, by the normal approximation. Small means different.
func mannWhitney(a, b []time.Duration) float64 {
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// TestK02_EndOfAKey refuses the key and the tokens that were got by it a second before, at the next request, on every instance.
func TestK02_EndOfAKey(t *testing.T) {
	for name, end := range map[string]func(e *env, s *directoryState, token string, m machine) error{
		"revoked": func(e *env, _ *directoryState, token string, m machine) error { e.revoke(token, m); return nil },
		"expired": func(e *env, _ *directoryState, _ string, _ machine) error { e.Clock.Advance(time.Hour); return nil },
		"disabled by a host": func(e *env, _ *directoryState, _ string, m machine) error {
			return e.APIKeys().Disable(context.Background(), e.account(ada), m.id)
		},
		"the owner is disabled": func(e *env, s *directoryState, _ string, _ machine) error {
			id := e.account(ada)
			s.disabled = true
			return e.EndSessions(context.Background(), id)
		},
		"the owner is deleted": func(e *env, s *directoryState, _ string, _ machine) error {
			err := e.Forget(context.Background(), e.account(ada))
			s.deleted = true
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, behindProxy(), func(t *testing.T, e *env) {
				s := &directoryState{}
				dir := &directory{e.Config.Store.Users(), func(string) bool { return s.disabled }, func(string) bool { return s.deleted }}
				e.reopen(func(c *auth.Config) { c.Users = dir })
				token := e.login(ada)
				m := e.machineOf(token, fmt.Sprintf(`"expires_at":%q`, e.Clock.Now().Add(time.Hour).Format(time.RFC3339)))
				e.Clock.Advance(30 * time.Minute)
				token = e.login(ada)
				service := e.serviceOf(m)
				e.Clock.Advance(time.Second)
				for range 4 {
					if !e.live(service) {
						t.Fatal("the token of a live key is refused")
					}
				}
				if err := end(e, s, token, m); err != nil {
					t.Fatal(err)
				}
				for range len(e.urls) {
					e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", service) })
					e.refuses(t, http.StatusUnauthorized, invalidKey, func() answer { return e.swap(m, at(someAddress())) })
				}
			})
		})
	}
	t.Run("the end of the owner's sessions alone ends tokens, and not the key", func(t *testing.T) {
		each(t, behindProxy(), func(t *testing.T, e *env) {
			m := e.machineOf(e.login(ada), "")
			service := e.serviceOf(m)
			if err := e.EndSessions(t.Context(), e.account(ada)); err != nil {
				t.Fatal(err)
			}
			e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", service) })
			if !e.live(e.serviceOf(m)) {
				t.Error("a token made afterwards is dead")
			}
		})
	})
}

type directoryState struct{ disabled, deleted bool }

// TestK05_StorageAndDisplay looks for the secret wherever it could have gone.
func TestK05_StorageAndDisplay(t *testing.T) {
	e := alone(t, behindProxy())
	token := e.login(ada)
	scanner := regexp.MustCompile(apikey.Pattern)
	seen := map[string]bool{}
	for range 100 {
		m := e.machineOf(token, "")
		if !scanner.MatchString("API_KEY="+m.key+";") || len(m.key) != len("ak_12345678_")+59 {
			t.Fatalf("scanners do not find %q", m.key)
		}
		for _, part := range []string{m.key[:11], m.key[12:64]} { // the name, and the 256 bits
			if seen[part] {
				t.Errorf("%q comes twice", part)
			}
			seen[part] = true
		}
		e.revoke(token, m)
	}
	e.Events.Take()
	m := e.machineOf(token, "")
	e.serviceOf(m)
	e.swap(machine{m.id, m.code, m.key + "x"})
	e.get("/app", m.key)
	e.do(http.MethodGet, "/app", "", header("Authorization", "Bearer "+m.key))
	list := e.get("/auth/api-keys", token)
	held, err := e.APIKeys().List(t.Context(), e.account(ada))
	if err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
	secret := m.key[12:]
	for name, text := range map[string]string{
		"the list": list.body, "the store": fmt.Sprintf("%+v %s", held[0], held[0].Secrets[0].Hash), "the log": e.Logs(), "the events": fmt.Sprintf("%+v", e.Events.All()),
		"the error": e.swap(machine{m.id, m.code, m.key + "x"}).body,
	} {
		if strings.Contains(text, secret) || strings.Contains(text, secret[:20]) {
			t.Errorf("%s holds the secret", name)
		}
	}
	if list.status != http.StatusOK || !strings.Contains(list.body, m.key[:11]) {
		t.Errorf("the list answers %d %s", list.status, list.body)
	}
	if n := len(held[0].Secrets[0].Hash); n != 32 {
		t.Errorf("the hash has %d bytes", n)
	}
}

// TestK07_Escalation asks for more than the key has: whatever is asked, the claims come from the stored key.
func TestK07_Escalation(t *testing.T) {
	each(t, behindProxy(), func(t *testing.T, e *env) {
		token := e.login(ada)
		m := e.machineOf(token, `"scopes":["a:read"]`)
		want := e.get("/auth/me", e.serviceOf(m))
		for _, extra := range []string{
			`"scope":"system"`, `"scopes":["system"]`, `"tenant_id":"other"`, `"token_type":"user"`, `"expires_in":999999`, `"sub":"root"`, `"user_id":"root"`, `"is_system_user":false`,
			`"extra":{"auth_method":"webauthn"}`, `"epoch":9999999999999`, `"amr":["webauthn"]`, `"aal":3`,
		} {
			a := e.post("/auth/api-key", fmt.Sprintf(`{"api_code":%q,"api_key":%q,%s}`, m.code, m.key, extra))
			if a.status == http.StatusBadRequest {
				continue
			}
			got := e.get("/auth/me", a.text("token"))
			for _, name := range []string{"token_type", "user_id", "tenant_id", "scope", "is_system_user", "extra", "methods", "session_id", "expires_at", "aal"} {
				if fmt.Sprint(got.field(name)) != fmt.Sprint(want.field(name)) {
					t.Errorf("%s: %s is %v, want %v", extra, name, got.field(name), want.field(name))
				}
			}
		}
		if want.field("scope") != nil || want.text("token_type") != "service" || want.field("is_system_user") != true {
			t.Errorf("the token says %s", want.body)
		}
		service := e.serviceOf(m)
		e.refuses(t, http.StatusForbidden, "insufficient_scope", func() answer { return e.get("/partner", service) })
		e.refuses(t, http.StatusForbidden, "reauthentication_required", func() answer { return e.get("/fresh", service) })
		for _, scopes := range []string{`["system"]`, `["partner"]`, `["tenant","system"]`} {
			if a := e.post("/auth/api-keys", `{"name":"x","scopes":`+scopes+`}`, key(token)); a.status != http.StatusForbidden {
				t.Errorf("a key with %s beyond the owner's: %d %s", scopes, a.status, a.body)
			}
		}
		for _, scope := range []string{"system", "a:write", "a:read a:write", "A:READ"} {
			a := e.do(http.MethodPost, "/auth/token", "grant_type=client_credentials&client_id="+m.code+"&client_secret="+m.key+"&scope="+strings.ReplaceAll(scope, " ", "+"),
				header("Content-Type", "application/x-www-form-urlencoded"))
			if a.status != http.StatusBadRequest || a.text("error") != "invalid_scope" {
				t.Errorf("scope %q: %d %s", scope, a.status, a.body)
			}
		}
		for range 2 {
			if a := e.do(http.MethodPost, "/auth/refresh", "", key(service)); a.status != http.StatusForbidden || a.text("token") != "" {
				t.Errorf("a service token is refreshed: %d %s", a.status, a.body)
			}
		}
	})
}

// TestK08_Presentation sees a key nowhere but where it is asked for, and keeps the owner working while somebody guesses.
func TestK08_Presentation(t *testing.T) {
	e := alone(t, behindProxy())
	m := e.machineOf(e.login(ada), "")
	service := e.serviceOf(m)
	for name, tt := range map[string]struct {
		path    string
		options []option
		status  int
		code    string
	}{
		"as X-API-Key":       {"/app", []option{key(m.key)}, 401, "invalid_token"},
		"as Bearer":          {"/app", []option{header("Authorization", "Bearer "+m.key)}, 401, "invalid_token"},
		"as the Basic user":  {"/app", []option{func(r *http.Request) { r.SetBasicAuth(m.key, "") }}, 401, "invalid_token"},
		"as Basic":           {"/app", []option{func(r *http.Request) { r.SetBasicAuth(m.code, m.key) }}, 401, "invalid_token"},
		"in the query":       {"/app?api_key=" + m.key + "&x-api-key=" + m.key, nil, 401, "authentication_required"},
		"in a cookie":        {"/app", []option{header("Cookie", "X-API-Key="+m.key)}, 401, "authentication_required"},
		"Bearer in the key":  {"/app", []option{key("Bearer " + service)}, 401, "invalid_token"},
		"beside a token":     {"/app", []option{key(m.key), header("Authorization", "Bearer "+service)}, 400, "ambiguous_credentials"},
		"in a path of ours":  {"/auth/api-keys/" + m.key, []option{key(service)}, 405, "method_not_allowed"},
		"on a route of ours": {"/auth/api-keys", []option{key(m.key)}, 401, "invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			e.refuses(t, tt.status, tt.code, func() answer { return e.do(http.MethodGet, tt.path, "", tt.options...) })
		})
	}
	if logged := e.Logs() + fmt.Sprintf("%+v", e.Events.All()); strings.Contains(logged, m.key[12:]) {
		t.Error("the key is in the log or in the events")
	}
}

// TestK08_BruteForce guesses at one code from many addresses: each is throttled, and the owner's key works on.
func TestK08_BruteForce(t *testing.T) {
	each(t, behindProxy(), func(t *testing.T, e *env) {
		token := e.login(ada)
		m, other := e.machineOf(token, ""), e.machineOf(token, "")
		guess := machine{m.id, m.code, other.key}
		const addresses, guesses = 10, 20
		for i := range addresses {
			refused, throttled := 0, 0
			for range guesses {
				switch a := e.swap(guess, at(fmt.Sprintf("198.51.100.%d", i))); a.status {
				case http.StatusUnauthorized:
					refused++
				case http.StatusTooManyRequests:
					throttled++
				default:
					t.Fatalf("a guess answers %d %s", a.status, a.body)
				}
			}
			if refused > 5 || throttled != guesses-refused {
				t.Errorf("address %d: %d refused, %d throttled", i, refused, throttled)
			}
			if a := e.swap(m, at("192.0.2.1")); a.status != http.StatusOK {
				t.Fatalf("the owner's key answers %d %s", a.status, a.body)
			}
			if a := e.swap(m, at(fmt.Sprintf("198.51.100.%d", i))); a.status != http.StatusOK {
				t.Fatalf("the owner's key from the attacker's address answers %d %s", a.status, a.body)
			}
		}
	})
}
