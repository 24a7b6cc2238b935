package catalogue

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/crafteasy/auth/authtest"
)

// TestA07_Keys: keys are what verifies, whatever happens to them, and asking for them costs the provider little.
func TestA07_Keys(t *testing.T) {
	t.Run("a rotation is followed by exactly one reading", func(t *testing.T) {
		s := aloneSocial(t, nil)
		s.browser(t).signIn("demo", zoe).want(t, http.StatusOK, "")
		b := s.browser(t)
		to := s.idp.Approve(t, b.begin("demo", ""), zoe)
		s.idp.Rotate() // between the browser's leave and its return
		b.back(to).want(t, http.StatusOK, "")
		if n := s.idp.Hits("keys"); n != 2 {
			t.Errorf("the keys were read %d times, want 2", n)
		}
		s.browser(t).signIn("demo", zoe).want(t, http.StatusOK, "")
		if n := s.idp.Hits("keys"); n != 2 {
			t.Errorf("the keys were read %d times, want 2", n)
		}
	})
	t.Run("however many unknown ids, the keys are read once in a minute", func(t *testing.T) {
		s := aloneSocial(t, nil)
		s.browser(t).signIn("demo", zoe).want(t, http.StatusOK, "")
		unknown := trick(t, "an unknown key id")
		s.idp.Play(unknown)
		for range 200 {
			s.browser(t).signIn("demo", zoe).want(t, http.StatusUnauthorized, "provider_refused")
		}
		if n := s.idp.Hits("keys"); n != 2 {
			t.Errorf("the keys were read %d times, want 2", n)
		}
		s.Clock.Advance(time.Minute)
		s.browser(t).signIn("demo", zoe).want(t, http.StatusUnauthorized, "provider_refused")
		if n := s.idp.Hits("keys"); n != 3 {
			t.Errorf("the keys were read %d times, want 3", n)
		}
		s.idp.Play(authtest.Trick{})
		s.browser(t).signIn("demo", zoe).want(t, http.StatusOK, "")
	})
	t.Run("a key that was withdrawn is forgotten within the hour", func(t *testing.T) {
		s := aloneSocial(t, nil)
		s.browser(t).signIn("demo", zoe).want(t, http.StatusOK, "")
		s.Clock.Advance(time.Hour)
		s.browser(t).signIn("demo", zoe).want(t, http.StatusOK, "")
		if n := s.idp.Hits("keys"); n != 2 {
			t.Errorf("the keys were read %d times, want 2", n)
		}
	})
	t.Run("keys that could not be read again are used for a day", func(t *testing.T) {
		s := aloneSocial(t, nil)
		s.in(t, "demo", zoe)
		s.idp.Play(trick(t, "keys: broken"))
		s.Clock.Advance(24*time.Hour - time.Second)
		s.in(t, "demo", zoe)
		s.Clock.Advance(time.Second)
		b := s.browser(t)
		s.refusesBack(t, b, b.leave(zoe), http.StatusServiceUnavailable, "unavailable")
		s.in(t, "demo", zoe)
	})
	t.Run("an outage does not skip the signature", func(t *testing.T) {
		s := aloneSocial(t, nil)
		s.browser(t).signIn("demo", zoe).want(t, http.StatusOK, "")
		bad := trick(t, "an unknown key id")
		bad.Serve = trick(t, "keys: broken").Serve
		s.idp.Play(bad)
		s.browser(t).signIn("demo", authtest.Person{Email: "eve@example.com"}).want(t, http.StatusServiceUnavailable, "unavailable")
		s.unknown(t, "eve@example.com")
	})
	rsa1024, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	for _, c := range []struct {
		rule string
		keys func(set []map[string]any) []map[string]any
		want int
	}{
		{"keys that are not for this are skipped", func(set []map[string]any) []map[string]any {
			return append([]map[string]any{
				{"kty": "oct", "k": "c2VjcmV0", "kid": "o"},
				{"kty": "what", "kid": "w"},
				{"kty": "EC", "kid": "broken"},
				{"kid": 7},
				{"kty": "RSA", "n": b64(rsa1024.N.Bytes()), "e": "AQAB", "kid": "weak"},
				{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "off the curve"},
			}, set...)
		}, http.StatusOK},
		{"a key for encryption verifies nothing", func(set []map[string]any) []map[string]any { set[0]["use"] = "enc"; return set }, http.StatusUnauthorized},
		{"a key for another algorithm verifies nothing", func(set []map[string]any) []map[string]any { set[0]["alg"] = "ES384"; return set }, http.StatusUnauthorized},
		{"an id that two keys bear names none", func(set []map[string]any) []map[string]any { return append(set, set[0]) }, http.StatusUnauthorized},
		{"an empty set verifies nothing", func([]map[string]any) []map[string]any { return nil }, http.StatusUnauthorized},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := aloneSocial(t, nil)
			s.idp.Play(authtest.Trick{Keys: c.keys})
			s.browser(t).signIn("demo", zoe).want(t, c.want, "")
		})
	}
	t.Run("a token without an id takes the only key", func(t *testing.T) {
		s := aloneSocial(t, nil)
		lone := trick(t, "no key id and several keys")
		lone.Keys = nil
		s.idp.Play(lone)
		s.browser(t).signIn("demo", zoe).want(t, http.StatusOK, "")
	})
}
