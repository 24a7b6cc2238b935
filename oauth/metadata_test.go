package oauth

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// TestMetadataOfTheInternet holds what metadata is refused for where no provider is on this machine.
func TestMetadataOfTheInternet(t *testing.T) {
	at := place{
		issuer: "https://idp.example", discovery: "https://idp.example/.well-known/openid-configuration", hosts: []string{"keys.example"},
	}
	for _, tt := range []struct {
		rule   string
		change func(m *metadata)
		ok     bool
	}{
		{"the issuer's own endpoints pass", func(*metadata) {}, true},
		{"an endpoint may be on a host that was named", func(m *metadata) { m.KeySet = "https://keys.example/jwks" }, true},
		{"another issuer is refused", func(m *metadata) { m.Issuer = "https://idp.example/" }, false},
		{"plain http is refused", func(m *metadata) { m.Token = "http://idp.example/token" }, false},
		{"plain http to this machine is refused", func(m *metadata) { m.Token = "http://localhost/token" }, false},
		{"another host is refused", func(m *metadata) { m.Token = "https://evil.example/token" }, false},
		{"another port is another host", func(m *metadata) { m.Token = "https://idp.example:8443/token" }, false},
		{"a user in an endpoint is refused", func(m *metadata) { m.Authorization = "https://me@idp.example/authorize" }, false},
		{"an endpoint of userinfo is looked at too", func(m *metadata) { m.UserInfo = "https://evil.example/userinfo" }, false},
		{"a missing endpoint is refused", func(m *metadata) { m.KeySet = "" }, false},
		{"PKCE without S256 is refused", func(m *metadata) { m.Challenges = []string{"plain"} }, false},
		{"no accepted algorithm is refused", func(m *metadata) { m.Algorithms = []string{"none", "HS256"} }, false},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			m := metadata{
				Issuer: at.issuer, Authorization: "https://idp.example/authorize", Token: "https://idp.example/token",
				KeySet: "https://idp.example/jwks", UserInfo: "https://idp.example/userinfo",
			}
			tt.change(&m)
			if err := m.check(at); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// served answers one document to every request.
type served map[string]any

func (s served) RoundTrip(*http.Request) (*http.Response, error) {
	b, err := json.Marshal(map[string]any(s))
	return &http.Response{StatusCode: http.StatusOK, ContentLength: int64(len(b)), Body: io.NopCloser(bytes.NewReader(b))}, err
}

// TestMetadataNeverPromisesLess: a later document that announces no iss, or no S256, is not taken, and the earlier one stays.
func TestMetadataNeverPromisesLess(t *testing.T) {
	const sendsIssuer, challenges = "authorization_response_iss_parameter_supported", "code_challenge_methods_supported"
	for _, dropped := range []string{sendsIssuer, challenges} {
		t.Run(dropped, func(t *testing.T) {
			idp := served{
				"issuer": "https://idp.example", "authorization_endpoint": "https://idp.example/authorize",
				"token_endpoint": "https://idp.example/token", "jwks_uri": "https://idp.example/jwks",
				sendsIssuer: true, challenges: []string{"S256"},
			}
			now := time.Now()
			at := place{issuer: "https://idp.example", discovery: "https://idp.example/.well-known/openid-configuration"}
			d := newDiscovered(at, &http.Client{Transport: idp}, func() time.Time { return now })
			if _, err := d.get(t.Context()); err != nil {
				t.Fatal(err)
			}
			delete(idp, dropped)
			now = now.Add(metadataLife)
			if m, err := d.get(t.Context()); err != nil || !m.SendsIssuer || len(m.Challenges) != 1 || d.err == nil {
				t.Errorf("got %+v, %v", m, err)
			}
		})
	}
}
