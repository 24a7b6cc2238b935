package auth_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// stand stands for a *testing.T in these examples.
type stand struct{}

func (stand) Helper()                           {}
func (stand) Cleanup(func())                    {}
func (stand) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// A service with a sign-in, whole: the endpoints below /auth/, and a page that knows who is calling.
func ExampleNew() {
	keys, err := jwt.GenerateKeys()
	if err != nil {
		panic(err)
	}
	a, err := auth.New(auth.Config{
		Issuer: "https://example.com", Keys: keys, Secret: auth.NewSecret(), SignUp: true,
		Email: sender.EmailFunc(func(_ context.Context, m sender.Message) error { fmt.Println(m.Text); return nil }),
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.Handler())
	mux.Handle("GET /me", a.RequireAuth(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, _ := auth.FromContext(r.Context())
		fmt.Fprintln(w, who.UserID)
	})))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/me", nil))
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	fmt.Println(a.Close(context.Background()))
	// Output:
	// 401 Bearer
	// <nil>
}

// A configuration that is not safe does not start; the error names the fields and never a value.
func ExampleNew_refused() {
	_, err := auth.New(auth.Config{Issuer: "http://example.com"})
	fmt.Println(err)
	// Output:
	// auth: Config.Issuer must be https; http is for localhost and loopback addresses
	// auth: Config.Keys is missing
	// auth: Config.Secret is missing
}

// A page for everybody that shows more to whom it knows. A token that does not hold is refused all the same.
func ExampleAuth_OptionalAuth() {
	a := authtest.New(stand{}, auth.Config{})
	page := a.OptionalAuth(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who, ok := auth.FromContext(r.Context()); ok {
			fmt.Fprint(w, "hello ", who.UserName)
			return
		}
		fmt.Fprint(w, "hello stranger")
	}))
	for _, token := range []string{"", a.SignIn(user.User{Email: "ada@example.com", Name: "Ada"}), "forged"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if token != "" {
			r.Header.Set("X-Api-Key", token)
		}
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		said, _, _ := strings.Cut(w.Body.String(), "{")
		fmt.Println(w.Code, said)
	}
	// Output:
	// 200 hello stranger
	// 200 hello Ada
	// 401
}

// A host that disables somebody in its own table ends what they are signed in to.
func ExampleAuth_EndSessions() {
	a := authtest.New(stand{}, auth.Config{})
	ctx := context.Background()
	ada := a.Put(user.User{Email: "ada@example.com"})
	token := a.SignIn(ada)
	if err := a.EndSessions(ctx, ada.ID); err != nil {
		panic(err)
	}
	_, err := a.Authenticate(ctx, token)
	fmt.Println(err)
	// Output: invalid_token: The token is not valid.
}

// Settings come from the environment, or from anything else that can be looked up.
func ExampleConfigFrom() {
	settings := map[string]string{"AUTH_ISSUER": "https://example.com", "JWT_USER_EXPIRY_MINUTES": "90"}
	_, err := auth.ConfigFrom(func(name string) (string, bool) { v, ok := settings[name]; return v, ok })
	fmt.Println(err)
	// Output:
	// auth: setting JWT_USER_EXPIRY_MINUTES must be a number from 1 to 60
	// auth: setting JWT_PRIVATE_KEY is missing
}

// A host renders refusals in a form of its own: here a page for the browser that comes back from a provider, and JSON for everybody else.
func ExampleConfig_errorWriter() {
	a := authtest.New(stand{}, auth.Config{
		OAuth: auth.OAuth{Providers: map[string]oauth.ProviderConfig{"google": {ClientID: "id", ClientSecret: "secret"}}},
		ErrorWriter: func(w http.ResponseWriter, r *http.Request, p *auth.Problem) {
			if strings.HasSuffix(r.URL.Path, "/callback") {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.WriteHeader(p.Status())
				fmt.Fprintf(w, "<h1>%s</h1>", html.EscapeString(p.Detail()))
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(p.Status())
			fmt.Fprintf(w, `{"error":%q}`, p.Code())
		},
	})
	w := httptest.NewRecorder()
	a.RequireAuth(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/me", nil))
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"), w.Body)
	w = httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/auth/oauth2/google/callback?state=old", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 401 Bearer {"error":"authentication_required"}
	// 400 <h1>The sign-in was not begun here, or is over; begin again.</h1>
}

// Metrics: one function is told of everything.
func ExampleConfig_observe() {
	a := authtest.New(stand{}, auth.Config{
		Observe: func(ctx context.Context, op string) (context.Context, func(code string)) {
			return ctx, func(code string) { fmt.Printf("%s %q\n", op, code) }
		},
	})
	guarded := a.RequireAuth(http.NotFoundHandler())
	guarded.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	a.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/auth/jwks.json", nil))
	// Output:
	// authenticate "authentication_required"
	// GET /jwks.json ""
}
