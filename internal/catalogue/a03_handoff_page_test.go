package catalogue

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/secret"
)

// verifierOf makes what a page keeps and what it sends ahead.
func verifierOf() (verifier, challenge string) {
	verifier = secret.Handle(32)
	sum := sha256.Sum256([]byte(verifier))
	return verifier, base64.RawURLEncoding.EncodeToString(sum[:])
}

// handed goes through a sign-in that ends at a page, and answers the code that the page gets.
func (s *social) handed(t *testing.T, challenge string) (code string) {
	t.Helper()
	query := "?return_to=/signed-in"
	if challenge != "" {
		query += "&handoff_challenge=" + challenge
	}
	b := s.browser(t)
	a := b.back(s.idp.Approve(t, b.begin("demo", query), authtest.Person{Email: ada})).want(t, http.StatusSeeOther, "")
	_, code, _ = strings.Cut(a.header.Get("Location"), "code=")
	return code
}

// exchange presents a code, with a verifier where there is one.
func (s *social) exchange(code, verifier string) answer {
	s.t.Helper()
	if verifier == "" {
		return s.post("/auth/oauth2/handoff", `{"code":`+quoted(code)+`}`)
	}
	return s.post("/auth/oauth2/handoff", `{"code":`+quoted(code)+`,"handoff_verifier":`+quoted(verifier)+`}`)
}

// TestA03_HandoffOfAnotherPage plants a code on a page that binds its own, and steals one of it: both are worth nothing, and spent.
func TestA03_HandoffOfAnotherPage(t *testing.T) {
	eachSocial(t, nil, func(t *testing.T, s *social) {
		verifier, challenge := verifierOf()
		other, others := verifierOf()
		for name, c := range map[string]struct{ begun, presented string }{
			"planted, begun by the attacker's page": {others, verifier},
			"planted, begun without a challenge":    {"", verifier},
			"stolen, presented without a verifier":  {challenge, ""},
			"stolen, presented with another one":    {challenge, other},
			"stolen, presented with the challenge":  {challenge, challenge},
		} {
			t.Run(name, func(t *testing.T) {
				code := s.handed(t, c.begun)
				s.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return s.exchange(code, c.presented) })
				own := map[string]string{others: other, challenge: verifier}[c.begun]
				s.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return s.exchange(code, own) })
			})
		}
		if token := s.exchange(s.handed(t, challenge), verifier).want(t, http.StatusOK, "").token(); !s.live(token) {
			t.Error("the page's own code gets no live token")
		}
		if token := s.exchange(s.handed(t, ""), "").want(t, http.StatusOK, "").token(); !s.live(token) {
			t.Error("a code that nobody bound gets no live token")
		}
	})
}

// TestA03_HandoffChallengeForm: what is no challenge begins nothing, and what is no verifier spends nothing.
func TestA03_HandoffChallengeForm(t *testing.T) {
	s := aloneSocial(t, nil)
	verifier, challenge := verifierOf()
	for name, query := range map[string]string{
		"empty":                 "?return_to=/&handoff_challenge=",
		"too short":             "?return_to=/&handoff_challenge=" + challenge[1:],
		"too long":              "?return_to=/&handoff_challenge=" + challenge + "A",
		"padded":                "?return_to=/&handoff_challenge=" + challenge[1:] + "=",
		"twice":                 "?return_to=/&handoff_challenge=" + challenge + "&handoff_challenge=" + challenge,
		"nowhere to come back":  "?handoff_challenge=" + challenge,
		"a line break in there": "?return_to=/&handoff_challenge=" + challenge[1:] + "%0A",
	} {
		t.Run(name, func(t *testing.T) {
			s.refuses(t, http.StatusBadRequest, "invalid_request", func() answer { return s.browser(t).do(http.MethodGet, "/auth/oauth2/demo/authorize"+query, "") })
		})
	}
	code := s.handed(t, challenge)
	for name, text := range map[string]string{"empty": "", "too short": verifier[1:], "too long": strings.Repeat("a", 129), "a blank": verifier + " ", "not ASCII": verifier + "é"} {
		t.Run("a verifier that is "+name, func(t *testing.T) {
			s.refuses(t, http.StatusBadRequest, "invalid_request", func() answer {
				return s.post("/auth/oauth2/handoff", `{"code":`+quoted(code)+`,"handoff_verifier":`+quoted(text)+`}`)
			})
		})
	}
	s.exchange(code, verifier).want(t, http.StatusOK, "")
}
