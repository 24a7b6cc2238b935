package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

var discard = sender.EmailFunc(func(context.Context, sender.Message) error { return nil })

// keys are made once: P-521 is slow.
func keys(t testing.TB) *jwt.Keys {
	t.Helper()
	k, err := sharedKeys()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var sharedKeys = sync.OnceValues(jwt.GenerateKeys)

// otherPublicPEM is a P-521 key that belongs to no private key here.
const otherPublicPEM = `-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAd8E9ISWX2IQQT2YT/pfniYq7Tf3i
B5y03gn1Q9Bb/wLSraDejs0dY+LwvLxKbyDagrMYiroptglxZG+q18Z9UFUAcyiS
/H3ioQoFyczCWK8t29BbLJDpR7j4exFZHPCNkzZAfPUyn4kncSUFl0r5oiW3cKZR
HSa/BCXMqpNXAdib6JU=
-----END PUBLIC KEY-----`

func config(t testing.TB) auth.Config {
	t.Helper()
	return auth.Config{Issuer: "https://example.com", Keys: keys(t), Secret: auth.NewSecret(), Email: discard}
}

// silentStore is a back end whose sessions are no feed.
type silentStore struct{ store.Store }

func (s silentStore) Namespace(string) store.Store { return s }
func (s silentStore) Sessions() session.Store      { return struct{ session.Store }{s.Store.Sessions()} }

// TestNewRefuses names the field of each configuration that must not start.
func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		rule   string
		change func(*auth.Config)
		field  string
	}{
		{"no issuer", func(c *auth.Config) { c.Issuer = "" }, "Issuer"},
		{"no keys", func(c *auth.Config) { c.Keys = nil }, "Keys"},
		{"no secret", func(c *auth.Config) { c.Secret = auth.Secret{} }, "Secret"},
		{"an empty previous secret", func(c *auth.Config) { c.PreviousSecrets = []auth.Secret{{}} }, "PreviousSecrets"},
		{"no way to sign in", func(c *auth.Config) { c.Email = nil }, "Email"},
		{"codes off and nothing else on", func(c *auth.Config) { c.Profile, c.Passkeys.Off = auth.ProfileStrict, true }, "Profile"},
		{"codes off at an address, which has no passkeys", func(c *auth.Config) {
			c.Profile, c.Issuer = auth.ProfileStrict, "http://127.0.0.1:8080"
		}, "Profile"},
		{"SMS to nobody", func(c *auth.Config) { c.SMS = sender.SMSFunc(discard) }, "SMSCountries"},
		{"a country that is none", func(c *auth.Config) { c.SMS = sender.SMSFunc(discard); c.SMSCountries = []string{"Sweden"} }, "SMSCountries"},
		{"own users in memory", func(c *auth.Config) { c.Users = memstore.New(nil).Users() }, "Store"},
		{"a nil pointer for a store", func(c *auth.Config) { c.Store = (*memstore.Store)(nil) }, "Store"},
		{"a nil function for a sender", func(c *auth.Config) { c.Email = sender.EmailFunc(nil) }, "Email"},
		{"a token that lives two hours", func(c *auth.Config) { c.TokenLife = 2 * 3600e9 }, "TokenLife"},
		{"a negative life", func(c *auth.Config) { c.SessionLife = -1 }, "SessionLife"},
		{"a leeway of ten minutes", func(c *auth.Config) { c.Leeway = 600e9 }, "Leeway"},
		{"a negative lag", func(c *auth.Config) { c.RevocationLag = -1 }, "RevocationLag"},
		{"a lag that asks all the time", func(c *auth.Config) { c.RevocationLag = 1e6 }, "RevocationLag"},
		{"a lag of two minutes", func(c *auth.Config) { c.RevocationLag = 120e9 }, "RevocationLag"},
		{"a lag on a store that tells of nothing", func(c *auth.Config) {
			c.RevocationLag = 5e9
			c.Store = silentStore{memstore.New(nil)}
		}, "RevocationLag"},
		{"a negative limit", func(c *auth.Config) { c.Limits.IPPerMinute = -1 }, "Limits"},
		{"a confirmation without the switch", func(c *auth.Config) { c.InsecureDisableAuth = "local development" }, "InsecureDisableAuth"},
		{"a namespace that is no name", func(c *auth.Config) { c.Namespace = "a:b" }, "Namespace"},
		{"templates for a renderer of one's own", func(c *auth.Config) {
			c.Templates = sender.Templates{}
			c.Renderer = sender.RendererFunc(func(context.Context, sender.Channel, sender.Kind, sender.Data) (m sender.Message, err error) {
				return m, nil
			})
		}, "Templates"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			conf := config(t)
			c.change(&conf)
			a, err := auth.New(conf)
			if err == nil {
				_ = a.Close(t.Context())
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), c.field) {
				t.Errorf("the refusal does not name %s: %v", c.field, err)
			}
		})
	}
}

// TestStrictBesideDefault is how docs/choosing.md says that people come to their first passkey while codes are off: a second value on the same
// store, with codes on and another path, signs them in.
func TestStrictBesideDefault(t *testing.T) {
	shared := auth.Config{Issuer: "https://auth.example", Keys: keys(t), Secret: auth.NewSecret(), Store: memstore.New(nil), Now: time.Now}
	watched, strict := shared, shared
	watched.Path, strict.Profile = "/enrol", auth.ProfileStrict
	token := authtest.New(t, watched).SignIn(user.User{Email: "ada@example.com"})
	server := authtest.New(t, strict)
	for path, want := range map[string]int{"/auth/webauthn/register/options": http.StatusOK, "/auth/login/email": http.StatusNotFound} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Api-Key", token)
		w := httptest.NewRecorder()
		server.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s answers %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
}
