package auth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
)

// The property: whoever owes a second factor gets no user token and no session without it, on any route, whatever second factors are
// enrolled and whatever token is presented. The routes are those of the route table; [attempts] says how each is tried, with
// everything but the second factor.

// TestNoUserTokenWithoutTheOwedFactor holds the property over all routes, sets of factors and kinds of token.
func TestNoUserTokenWithoutTheOwedFactor(t *testing.T) {
	for _, f := range everySet() {
		t.Run(f.String(), func(t *testing.T) {
			w := newWorld(t)
			tried, violations := w.tour(t, f, attempts)
			for _, v := range violations {
				t.Error(v)
			}
			// Honest sign-ins work in this world, or the property says nothing.
			for _, want := range []string{"POST /auth/login/verify", "GET /auth/oauth2/{provider}/callback", "POST /auth/oauth2/handoff", "POST /auth/webauthn/login/verify"} {
				if f.passkey || !strings.Contains(want, "webauthn") {
					if n := tried[want]; n == 0 {
						t.Errorf("%s has answered no token in any attempt", want)
					}
				}
			}
		})
	}
}

// TestThePropertyCanFail adds a route that a careless author might write, one at a time: each breaks the property.
func TestThePropertyCanFail(t *testing.T) {
	var w0 *world
	careless := map[string]struct {
		demand web.Demand
		serve  func(w http.ResponseWriter, r *http.Request) error
	}{
		"signs a token by itself": {web.Public, func(w http.ResponseWriter, r *http.Request) error {
			p := userPayload(w0, r.Header.Get("X-Test-User"))
			token, err := w0.a.Sign(p)
			if err != nil {
				return err
			}
			return web.WriteJSON(w, http.StatusOK, map[string]string{"token": token})
		}},
		"claims that the user was verified": {web.Public, func(w http.ResponseWriter, r *http.Request) error {
			u, err := w0.a.Users().ByID(r.Context(), r.Header.Get("X-Test-User"))
			if err != nil {
				return err
			}
			answer, err := w0.a.Gate().SignIn(r.Context(), u, session.Factor{Method: "magic_link", UserVerified: true}, "")
			if err != nil {
				return err
			}
			return session.Write(w, r, answer)
		}},
		"takes the first factor for an enrolment": {web.PreAuth, func(w http.ResponseWriter, r *http.Request) error {
			p, _ := jwt.Shared(r.Context())
			answer, err := w0.a.Gate().CompleteEnrolment(r.Context(), p, session.Factor{Method: "totp"})
			if err != nil {
				return err
			}
			return session.Write(w, r, answer)
		}},
		"begins a session and keeps the token to itself": {web.Genuine, func(w http.ResponseWriter, r *http.Request) error {
			u, err := w0.a.Users().ByID(r.Context(), r.Header.Get("X-Test-User"))
			if err != nil {
				return err
			}
			_, err = w0.a.Gate().SignIn(r.Context(), u, session.Factor{Method: "magic_link", UserVerified: true}, "")
			if err != nil {
				return err
			}
			return web.NoContent(w)
		}},
		"hands the token out in a redirect": {web.Public, func(w http.ResponseWriter, r *http.Request) error {
			token, err := w0.a.Sign(userPayload(w0, r.Header.Get("X-Test-User")))
			if err != nil {
				return err
			}
			w.Header().Set("Location", "/done#"+token)
			w.WriteHeader(http.StatusSeeOther)
			return nil
		}},
	}
	for name, c := range careless {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, auth.AddRoute(web.Route{Method: http.MethodPost, Pattern: "/careless", Demand: c.demand, Endpoint: web.Empty(c.serve), SignsIn: true}))
			w0 = w
			only := map[string][]maker{"POST /auth/careless": {plainly(http.MethodPost, "/auth/careless")}}
			if _, violations := w.tourOf(t, factors{app: true}, only, "POST /auth/careless"); len(violations) == 0 {
				t.Error("nobody notices")
			}
			_, violations := w.tourOf(t, factors{}, only, "POST /auth/careless")
			for _, v := range violations {
				if !strings.Contains(v, "another user") {
					t.Errorf("whoever owes nothing breaks nothing: %s", v)
				}
			}
		})
	}
}

// TestEveryPostIsTried: a route that nobody has thought about is an error, not a pass.
func TestEveryPostIsTried(t *testing.T) {
	w := newWorld(t)
	for _, rt := range w.a.Routes() {
		if attempts[rt.Method+" "+rt.Path] == nil && rt.Method == http.MethodPost {
			t.Errorf("%s %s: say in attempts how it is tried with everything but the second factor", rt.Method, rt.Path)
		}
	}
}

// tour tries every route.
func (w *world) tour(t *testing.T, f factors, how map[string][]maker) (tokens map[string]int, violations []string) {
	t.Helper()
	var routes []string
	for _, rt := range w.a.Routes() {
		routes = append(routes, rt.Method+" "+rt.Path)
	}
	return w.tourOf(t, f, how, routes...)
}

// tourOf tries routes with every kind of token, and answers how many answers of each held a token, and what broke the property.
func (w *world) tourOf(t *testing.T, f factors, how map[string][]maker, routes ...string) (map[string]int, []string) {
	t.Helper()
	tokens := map[string]int{}
	var violations []string
	p := w.person(f)
	for _, route := range routes {
		makers := how[route]
		if makers == nil {
			method, path, _ := strings.Cut(route, " ")
			makers = []maker{plainly(method, path)}
		}
		for _, k := range kinds {
			for _, m := range makers {
				presented := k.token(w, p)
				tr := m(w, p, presented)
				found, why := w.attempt(p, presented, tr)
				tokens[route] += found
				for _, v := range why {
					violations = append(violations, fmt.Sprintf("%s with %s: %s", route, k.name, v))
				}
				if tr.proves || len(why) > 0 {
					p = w.person(f) // its factors may be others now
				}
			}
		}
	}
	return tokens, violations
}

var tokenForm = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`)

// attempt sends one request and answers how many tokens came back and how that breaks the property.
func (w *world) attempt(p *person, presented string, tr try) (tokens int, violations []string) {
	w.t.Helper()
	ctx := w.t.Context()
	if err := w.a.ForgiveGuesses(ctx, p.id); err != nil {
		w.t.Fatal(err)
	}
	owes := w.owing(p, w.other)
	before := map[string][]string{p.id: w.sessions(p.id), w.other.id: w.sessions(w.other.id)}
	rec := httptest.NewRecorder()
	w.a.Handler().ServeHTTP(rec, w.presented(tr.request))
	if tr.after != nil {
		tr.after(reply{rec})
	}

	violations = append(violations, w.misplaced(rec)...)
	var text strings.Builder
	text.WriteString(rec.Body.String())
	for _, values := range rec.Header() {
		text.WriteString("\n" + strings.Join(values, "\n"))
	}
	for _, token := range tokenForm.FindAllString(text.String(), -1) {
		got, err := w.a.Gate().Genuine(ctx, token)
		if err != nil {
			continue
		}
		tokens++
		if got.TokenType != jwt.TypeUser || !owes[got.UserID] {
			continue
		}
		proven := tr.proves && got.UserID == p.id || presented == w.other.full && got.UserID == w.other.id
		if !proven {
			violations = append(violations, fmt.Sprintf("a user token that says %v", got.Methods))
		}
		if !truthful(got) {
			violations = append(violations, fmt.Sprintf("a token that says only %v", got.Methods))
		}
	}
	for id, had := range before {
		for _, now := range w.sessions(id) {
			proven := tr.proves && id == p.id
			if owes[id] && !proven && !slices.Contains(had, now) {
				violations = append(violations, "a session")
			}
		}
	}
	return tokens, violations
}

// truthful reports whether a token of somebody who owed a second factor names one.
func truthful(p *jwt.TokenPayload) bool {
	switch {
	case p.HasMethod("totp"), p.HasMethod("recovery_code"):
		return true
	case p.HasMethod("webauthn"):
		return p.AAL == 2 || len(p.Methods) > 1
	}
	return false
}
