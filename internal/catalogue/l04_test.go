package catalogue

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
)

// publicOf is the public half of keys.
func publicOf(t *testing.T, k *jwt.Keys) []byte {
	t.Helper()
	text, err := k.PublicPEM()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// with is the keys that verify by those of old too.
func with(t *testing.T, k, old *jwt.Keys) *jwt.Keys {
	t.Helper()
	both, err := k.With(publicOf(t, old))
	if err != nil {
		t.Fatal(err)
	}
	return both
}

// TestL04_KeyRotation replaces the signing key in the three steps of a rotation: every instance knows the new key, every instance signs
// with it, the old one is retired. No session is lost before the last step, and none of the old key's tokens lives after it.
func TestL04_KeyRotation(t *testing.T) {
	next, err := jwt.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		old := e.Config.Keys
		before := e.login(ada)
		e.reopen(func(c *auth.Config) { c.Keys = with(t, old, next) })
		known := e.login(ada)
		e.reopen(func(c *auth.Config) { c.Keys = with(t, next, old) })
		after := e.login(ada)
		refreshed := e.successor(before)
		for name, token := range map[string]string{"before": before, "while both are known": known, "after": after, "refreshed": refreshed} {
			if !e.live(token) {
				t.Errorf("the session of %s is lost during the overlap", name)
			}
		}
		for range len(e.urls) {
			set := e.do(http.MethodGet, "/auth/jwks.json", "").body
			if !strings.Contains(set, old.ID()) || !strings.Contains(set, next.ID()) || strings.Contains(set, `"d"`) {
				t.Errorf("the key set is %s", set)
			}
		}
		e.reopen(func(c *auth.Config) { c.Keys = next })
		for _, token := range []string{before, known} {
			for range len(e.urls) {
				e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", token) })
				e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(token) })
			}
		}
		for _, token := range []string{after, refreshed} {
			if !e.live(token) {
				t.Error("a token of the new key died with the old one")
			}
		}
	})
}

// TestL04_SkewedKeys: an instance that does not know a key yet refuses its tokens and ends nothing.
func TestL04_SkewedKeys(t *testing.T) {
	next, err := jwt.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	each(t, auth.Config{}, func(t *testing.T, behind *env) {
		ahead := behind.beside(func(c *auth.Config) { c.Keys = with(t, next, c.Keys) })
		token := ahead.login(ada)
		behind.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return behind.get("/app", token) })
		behind.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return behind.refresh(token) })
		if !ahead.live(token) || !ahead.live(ahead.successor(token)) {
			t.Error("the session ended where the key is known")
		}
		if !ahead.live(behind.login(ada)) {
			t.Error("a token of the old key is refused where both are known")
		}
	})
}

// TestL04_OneKeyOneID: an id is made of its key, so that no two keys share one, and a key that comes twice is one key.
func TestL04_OneKeyOneID(t *testing.T) {
	e := alone(t, auth.Config{})
	twice := with(t, e.Config.Keys, e.Config.Keys)
	e.reopen(func(c *auth.Config) { c.Keys = twice })
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(e.do(http.MethodGet, "/auth/jwks.json", "").body), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("the key set is %v, %v", set, err)
	}
	for _, private := range []string{"d", "p", "q", "k"} {
		if _, ok := set.Keys[0][private]; ok {
			t.Errorf("the key set holds %q", private)
		}
	}
	other, err := jwt.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	if other.ID() == e.Config.Keys.ID() {
		t.Error("two keys have one id")
	}
}

// TestL04_SecretRotation replaces the configured secret: what was made under the old one holds while it is among the previous ones, and
// is refused afterwards.
func TestL04_SecretRotation(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		token := e.twice(ada, app)
		bobs := e.login(bob)
		handle, code := e.code(bob)
		old, fresh := e.Config.Secret, auth.NewSecret()
		e.reopen(func(c *auth.Config) { c.Secret, c.PreviousSecrets = fresh, []auth.Secret{old} })
		if !e.live(token) || !e.live(bobs) {
			t.Fatal("a session is lost during the overlap")
		}
		if a := e.verify(bob, handle, code); a.status != http.StatusOK {
			t.Errorf("a code of before answers %d %s", a.status, a.body)
		}
		token = e.twice(ada, app)
		handle, code = e.code(bob)
		late, lateCode := e.code(bob)
		if a := e.verify(bob, handle, code); a.status != http.StatusOK {
			t.Errorf("a code of after answers %d %s", a.status, a.body)
		}
		e.reopen(func(c *auth.Config) { c.Secret, c.PreviousSecrets = auth.NewSecret(), nil })
		for _, dead := range []string{token, bobs} {
			e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", dead) })
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(bob, late, lateCode) })
	})
}
