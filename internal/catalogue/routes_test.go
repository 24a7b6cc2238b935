package catalogue

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/user"
)

// everybody must have a second factor, so that a first one yields a pre_auth token.
func everybody(user.User) bool { return true }

// TestRouteTable compares every endpoint and its demand with the table that a reviewer has read. A change here is a change of
// what strangers can reach: look at it twice.
func TestRouteTable(t *testing.T) {
	e := alone(t, auth.Config{})
	var b strings.Builder
	for _, rt := range e.Routes() {
		fmt.Fprintf(&b, "%-7s %-40s %s\n", rt.Method, rt.Path, rt.Demand)
	}
	const golden = "testdata/routes.txt"
	if os.Getenv("AUTH_UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the table is\n%s\nand %s says\n%s", b.String(), golden, want)
	}
}

// TestEveryRouteHasAnAnswer proves that the table is what is served.
func TestEveryRouteHasAnAnswer(t *testing.T) {
	e := alone(t, auth.Config{})
	for _, rt := range e.Routes() {
		if a := e.do(rt.Method, concrete(rt.Path), "x", header("Content-Type", "text/plain")); a.status == http.StatusNotFound {
			t.Errorf("%s %s answers 404", rt.Method, rt.Path)
		}
	}
}

// concrete puts something into the wildcards of a pattern.
func concrete(path string) string {
	return strings.NewReplacer("{id}", "AAAAAAAAAAAAAAAAAAAAAA", "{provider}", "demo").Replace(path)
}

// caller is a kind of caller, with a fresh credential for every request so that no deed spoils the next.
type caller struct {
	name  string
	token func() string
}

// callers takes a pre_auth token of somebody who has a second factor to prove, and one of somebody who must enrol one first.
func callers(e *env, proves, enrols string) []caller {
	n := 0
	claims := func(kind string) forge.Object {
		n++
		return e.claims(kind, fmt.Sprintf("user-%d", n))
	}
	past := func(d time.Duration) string { return forge.Unix(e.Clock.Now().Add(-d)) }
	return []caller{
		{"nothing", func() string { return "" }},
		{"text", func() string { return "no-token" }},
		{"pre_auth", func() string { return proves }},
		{"pre_auth that must enrol", func() string { return enrols }},
		{"pre_auth that was never issued", func() string { return e.mint("pre_auth", claims("pre_auth")) }},
		{"user", func() string { return e.mint("user", claims("user")) }},
		{"stale user", func() string { return e.mint("user", claims("user").With("auth_time", past(11*time.Minute))) }},
		{"user without proof of when", func() string { return e.mint("user", claims("user").Without("auth_time")) }},
		{"service", func() string { return e.mint("service", claims("service").With("is_system_user", "true")) }},
		{"expired user", func() string {
			return e.mint("user", claims("user").With("iat", past(time.Hour)).With("exp", past(40*time.Minute)).With("auth_time", past(time.Hour)))
		}},
		{"user from before the store", func() string { return e.mint("user", claims("user").With("epoch", "1")) }},
	}
}

// demanded is the code with which a route of the demand refuses the caller; empty lets the caller pass.
func demanded(demand, caller string) string {
	switch {
	case demand == "Public":
		return ""
	case caller == "nothing":
		return "authentication_required"
	case caller == "text":
		return "invalid_token"
	case demand == "Genuine":
		return "" // refresh and logout judge the rest themselves
	case caller == "pre_auth that was never issued", caller == "expired user", caller == "user from before the store":
		return "invalid_token"
	case caller == "pre_auth" && demand == "PreAuth", caller == "pre_auth that must enrol" && demand == "Enrol":
		return ""
	case caller == "pre_auth":
		return "second_factor_required"
	case caller == "pre_auth that must enrol":
		return "enrolment_required"
	case demand == "PreAuth":
		return "wrong_token_type"
	case caller == "service" && demand != "Any":
		return "wrong_token_type"
	case strings.Contains(caller, "user ") || caller == "stale user":
		if demand == "Fresh" || demand == "Enrol" {
			return "reauthentication_required"
		}
	}
	return ""
}

// TestEveryKindOnEveryRoute tries every kind of caller on every route of the table: what the demand does not name is refused, with
// the code of the contract and everything that a refusal means, and what it names gets past.
func TestEveryKindOnEveryRoute(t *testing.T) {
	everyKindOnEveryRoute(t, auth.Config{RequireSecondFactor: everybody}, key)
}

// TestEveryKindOnEveryRouteByCookie is the same for cookies.
func TestEveryKindOnEveryRouteByCookie(t *testing.T) {
	everyKindOnEveryRoute(t, auth.Config{RequireSecondFactor: everybody, CookieMode: true}, cookie)
}

func everyKindOnEveryRoute(t *testing.T, c auth.Config, present func(token string) option) {
	t.Helper()
	e := alone(t, c)
	proves, enrols := e.login(ada), e.login(bob)
	app, _ := e.setup(proves)
	if a := e.present("/auth/2fa/enable", proves, app.code(t, e, 0)); a.status != http.StatusOK {
		t.Fatalf("enable answers %d %s", a.status, a.body)
	}
	proves = e.login(ada)
	for _, rt := range e.Routes() {
		for _, c := range callers(e, proves, enrols) {
			t.Run(rt.Method+" "+rt.Path+" "+c.name, func(t *testing.T) {
				// A body of another type stops whoever gets past before the deed.
				act := func() answer {
					o := []option{header("Content-Type", "text/plain")}
					if token := c.token(); token != "" {
						o = append(o, present(token))
					}
					return e.do(rt.Method, concrete(rt.Path), "x", o...)
				}
				switch code := demanded(rt.Demand, c.name); code {
				case "":
					if a := act(); slices.Contains(credentialCodes, a.text("code")) {
						t.Errorf("answers %d %s", a.status, a.body)
					}
				case "authentication_required", "invalid_token":
					e.refuses(t, http.StatusUnauthorized, code, act)
				default:
					e.refuses(t, http.StatusForbidden, code, act)
				}
			})
		}
	}
	for token, code := range map[string]string{proves: "second_factor_required", enrols: "enrolment_required"} {
		if a := e.get("/auth/me", token); a.text("code") != code {
			t.Errorf("a pre_auth token was spent on the way: %d %s", a.status, a.body)
		}
	}
}

var credentialCodes = []string{
	"authentication_required", "invalid_token", "second_factor_required", "wrong_token_type", "reauthentication_required", "enrolment_required",
}

// TestEveryMethodOnEveryRoute tries every method on every path (H-02): what the table does not name is 405 with Allow, and does
// nothing.
func TestEveryMethodOnEveryRoute(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	allowed := map[string][]string{}
	for _, rt := range e.Routes() {
		allowed[rt.Path] = append(allowed[rt.Path], rt.Method)
		if rt.Method == http.MethodGet {
			allowed[rt.Path] = append(allowed[rt.Path], http.MethodHead)
		}
	}
	for path, methods := range allowed {
		slices.Sort(methods)
		for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "post"} {
			if slices.Contains(methods, m) {
				continue
			}
			t.Run(m+" "+path, func(t *testing.T) {
				a := e.refuses(t, http.StatusMethodNotAllowed, "method_not_allowed", func() answer {
					return e.do(m, concrete(path), "", key(token), header("X-Http-Method-Override", methods[0]), header("X-Method-Override", methods[0]))
				})
				if got := a.header.Get("Allow"); got != strings.Join(methods, ", ") {
					t.Errorf("Allow: %q, want %q", got, methods)
				}
			})
		}
		if !slices.Contains(methods, http.MethodHead) {
			if a := e.do(http.MethodHead, concrete(path), "", key(token)); a.status != http.StatusMethodNotAllowed || a.body != "" {
				t.Errorf("HEAD %s answers %d %q", path, a.status, a.body)
			}
		}
	}
	if !e.live(token) {
		t.Error("a method that is not allowed ended the session")
	}
}
