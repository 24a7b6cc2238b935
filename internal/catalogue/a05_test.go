package catalogue

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/crafteasy/auth/authtest"
)

// TestA05_PKCE looks at a thousand flows: always S256, with verifiers of 256 bits that are new each time, sent once and told to nobody.
func TestA05_PKCE(t *testing.T) {
	s := aloneSocial(t, nil)
	// What the token endpoint is sent is seen by a trick that goes on as usual.
	var sent []url.Values
	s.idp.Play(authtest.Trick{Serve: func(e string, _ http.ResponseWriter, r *http.Request) bool {
		if e == "token" {
			_ = r.ParseForm()
			sent = append(sent, r.PostForm)
		}
		return false
	}})
	const flows = 1000
	seen := map[string]bool{}
	for range flows {
		u, err := url.Parse(s.browser(t).begin("demo", ""))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || len(q["code_challenge"]) != 1 {
			t.Fatalf("asks %v", q)
		}
		for _, name := range []string{"code_challenge", "state", "nonce"} {
			if seen[q.Get(name)] || len(q.Get(name)) != 43 {
				t.Fatalf("%s %q is short or was there before", name, q.Get(name))
			}
			seen[q.Get(name)] = true
		}
		if q.Get("redirect_uri") != callbackOf("demo") || q.Get("scope") != "openid email profile" {
			t.Fatalf("asks %v", q)
		}
	}
	for range 20 {
		b := s.browser(t)
		u := b.begin("demo", "")
		b.back(s.idp.Approve(t, u, zoe)).want(t, http.StatusOK, "")
		form := sent[len(sent)-1]
		at, _ := url.Parse(u)
		v := form.Get("code_verifier")
		sum := sha256.Sum256([]byte(v))
		if base64.RawURLEncoding.EncodeToString(sum[:]) != at.Query().Get("code_challenge") || len(v) != 43 || len(form["code_verifier"]) != 1 || seen[v] {
			t.Fatalf("the verifier is %q", v)
		}
		seen[v] = true
		if strings.Contains(s.Logs(), v) || strings.Contains(u, v) {
			t.Fatal("the verifier is told")
		}
	}
	if len(sent) != 20 {
		t.Errorf("%d exchanges for 20 codes", len(sent))
	}
}

// TestA05_WhatTheProviderOffers: a provider that takes nothing but plain is refused; one that says nothing is sent S256.
func TestA05_WhatTheProviderOffers(t *testing.T) {
	for _, c := range []struct {
		rule  string
		offer any
		want  int
	}{
		{"a provider that says nothing is sent S256", nil, http.StatusFound},
		{"a provider with plain alone is refused", []string{"plain"}, http.StatusServiceUnavailable},
		{"a provider with an empty list is refused", []string{}, http.StatusServiceUnavailable},
		{"a provider with both is sent S256", []string{"plain", "S256"}, http.StatusFound},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := aloneSocial(t, nil)
			s.idp.Play(authtest.Trick{Metadata: func(m map[string]any) {
				m["code_challenge_methods_supported"] = c.offer
				if c.offer == nil {
					delete(m, "code_challenge_methods_supported")
				}
			}})
			a := s.browser(t).do(http.MethodGet, "/auth/oauth2/demo/authorize", "").want(t, c.want, "")
			if c.want == http.StatusFound && !strings.Contains(a.header.Get("Location"), "code_challenge_method=S256") {
				t.Errorf("sent to %s", a.header.Get("Location"))
			}
		})
	}
}
