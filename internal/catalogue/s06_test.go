package catalogue

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// expires is when the answer says that its token ends.
func expires(t *testing.T, a answer) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, a.text("expires"))
	if err != nil || !strings.HasSuffix(a.text("expires"), "Z") {
		t.Fatalf("expires %q", a.text("expires"))
	}
	return at
}

// TestS06_AbsoluteLifetime refreshes a second before each token ends until the session does.
func TestS06_AbsoluteLifetime(t *testing.T) {
	const life, most = 30 * time.Minute, 3 * time.Hour
	each(t, auth.Config{TokenLife: life, SessionLife: most}, func(t *testing.T, e *env) {
		token := e.login(ada)
		first := e.get("/auth/me", token)
		end := e.Clock.Now().Add(most)
		refreshed := 0
		for e.Clock.Now().Add(life - time.Second).Before(end) {
			e.Clock.Advance(life - time.Second)
			a := e.refresh(token)
			if a.status != http.StatusOK {
				t.Fatalf("refresh %d answers %d %s", refreshed, a.status, a.body)
			}
			refreshed++
			if expires(t, a).After(end) {
				t.Errorf("a token ends %v after its session", expires(t, a).Sub(end))
			}
			token = a.text("token")
			me := e.get("/auth/me", token)
			if me.text("auth_time") != first.text("auth_time") || me.text("session_id") != first.text("session_id") {
				t.Errorf("refresh %d: auth_time %s, session %s", refreshed, me.text("auth_time"), me.text("session_id"))
			}
			if me.text("token_id") == first.text("token_id") {
				t.Error("the successor has the same token id")
			}
		}
		if refreshed != 6 {
			t.Errorf("%d refreshes", refreshed)
		}
		e.Clock.Set(end.Add(-time.Second))
		last := e.successor(token)
		e.Clock.Set(end)
		for _, dead := range []string{last, token} {
			e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(dead) })
		}
		e.Clock.Advance(30 * time.Second) // the leeway between the clocks of instances
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", last) })
	})
}

// TestS06_StepUpNeverExtends proves itself again near the end of the session.
func TestS06_StepUpNeverExtends(t *testing.T) {
	each(t, auth.Config{TokenLife: 30 * time.Minute, SessionLife: 40 * time.Minute}, func(t *testing.T, e *env) {
		token := e.login(ada)
		end := e.Clock.Now().Add(40 * time.Minute)
		e.Clock.Advance(20 * time.Minute)
		if a := e.do(http.MethodPost, "/auth/reauthenticate/options", "", key(token)); a.status != http.StatusOK {
			t.Fatalf("the options answer %d %s", a.status, a.body)
		}
		a := e.post("/auth/reauthenticate", `{"code":"`+e.Inbox.Code(t, ada)+`"}`, key(token))
		if a.status != http.StatusOK || !expires(t, a).Equal(end) {
			t.Fatalf("step-up answers %d %s, want a token until %v", a.status, a.body, end)
		}
		e.Clock.Set(end)
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(a.text("token")) })
	})
}

// TestS06_Idle lets a session rest for its token's life and a second: it has ended.
func TestS06_Idle(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		const life = 30 * time.Minute // the default
		token, other := e.login(ada), e.login(ada)
		e.Clock.Advance(life - time.Second)
		if !e.live(e.successor(token)) {
			t.Error("a second before the end of its life the token has no live successor")
		}
		e.Clock.Advance(2 * time.Second)
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(other) })
	})
}

// TestS06_UnlimitedIsRefused configures lives that are none.
func TestS06_UnlimitedIsRefused(t *testing.T) {
	s := authtest.New(t, auth.Config{})
	for name, set := range map[string]func(c *auth.Config){
		"SessionLife negative":         func(c *auth.Config) { c.SessionLife = -1 },
		"SessionLife beyond 30 days":   func(c *auth.Config) { c.SessionLife = 30*24*time.Hour + time.Second },
		"SessionLife of a nanosecond":  func(c *auth.Config) { c.SessionLife = 1 },
		"TokenLife negative":           func(c *auth.Config) { c.TokenLife = -time.Minute },
		"TokenLife beyond an hour":     func(c *auth.Config) { c.TokenLife = time.Hour + time.Second },
		"Leeway beyond two minutes":    func(c *auth.Config) { c.Leeway = 2*time.Minute + time.Second },
		"MaxSessions negative":         func(c *auth.Config) { c.MaxSessions = -1 },
		"MaxSessions without an end":   func(c *auth.Config) { c.MaxSessions = 1 << 30 },
		"SessionLife beyond 30 d, int": func(c *auth.Config) { c.SessionLife = 1 << 62 },
	} {
		t.Run(name, func(t *testing.T) {
			c := s.Config
			set(&c)
			a, err := auth.New(c)
			if err == nil {
				_ = a.Close(t.Context())
				t.Fatal("it starts")
			}
			if field, _, _ := strings.Cut(name, " "); !strings.Contains(err.Error(), field) {
				t.Errorf("the error does not name the field: %v", err)
			}
		})
	}
}
