package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// The back ends of a host that this library knows nothing of.
type (
	ownStore struct{ store.Store }
	ownKV    struct{ kv.Store }
	ownUsers struct{ user.Store }
)

func (s ownStore) Namespace(name string) store.Store { return ownStore{s.Store.Namespace(name)} }

// TestAHostsPartThatHangs: where anything that the host has written hangs and honours its context, the endpoints answer 503 with Retry-After
// within two seconds, and are back when it is.
func TestAHostsPartThatHangs(t *testing.T) {
	lasting := func() store.Store { return ownStore{memstore.New(nil)} }
	inner := memstore.New(nil)
	for name, c := range map[string]auth.Config{
		"users.Find":   {Store: lasting(), Users: ownUsers{inner.Users()}},
		"kv.Get":       {KV: ownKV{inner.KV()}},
		"kv.Count":     {Store: lasting()},
		"locks":        {Store: lasting()},
		"sessions":     {Store: lasting()},
		"totp.Load":    {Store: lasting()},
		"passkeys":     {Store: lasting()},
		"users.Create": {Store: lasting()},
	} {
		t.Run(name, func(t *testing.T) {
			hangs(t, c, func(s *authtest.Server) (end func()) {
				return s.Faults.Inject(authtest.Fault{On: name, Do: authtest.Hang})
			})
		})
	}
	t.Run("Claims", func(t *testing.T) {
		stuck := false
		c := auth.Config{Claims: func(ctx context.Context, _ user.User) (map[string]any, error) {
			if stuck {
				<-ctx.Done()
			}
			return nil, ctx.Err()
		}}
		hangs(t, c, func(*authtest.Server) func() { stuck = true; return func() { stuck = false } })
	})
}

func hangs(t *testing.T, c auth.Config, begin func(s *authtest.Server) (end func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c.SignUp = true
		s := authtest.New(t, c)
		end := begin(s)
		stuck := signsIn(t, s)
		if stuck.Code != http.StatusServiceUnavailable || stuck.Header().Get("Retry-After") == "" {
			t.Errorf("answers %d %s", stuck.Code, stuck.Body)
		}
		end()
		if a := signsIn(t, s); a.Code != http.StatusOK {
			t.Errorf("when it is back: %d %s", a.Code, a.Body)
		}
	})
}

// signsIn answers the first answer of a sign-in that is none of success, or the last. Every answer comes within two seconds.
func signsIn(t *testing.T, s *authtest.Server) *httptest.ResponseRecorder {
	t.Helper()
	const who = "ada@example.com"
	post := func(path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w, begin := httptest.NewRecorder(), time.Now()
		s.Handler().ServeHTTP(w, r)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%s answers after %v", path, took)
		}
		return w
	}
	w := post("/auth/login/email", fmt.Sprintf(`{"email":%q}`, who))
	if w.Code != http.StatusOK {
		return w
	}
	return post("/auth/login/verify", fmt.Sprintf(`{"target":%q,"code":%q}`, who, s.Inbox.Code(t, who)))
}
