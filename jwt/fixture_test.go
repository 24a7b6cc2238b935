package jwt_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

const issuer = "https://issuer.example"

// fixture is a service with a clock that stands still, and a forge that knows all its secrets.
type fixture struct {
	keys    *jwt.Keys
	secret  secret.Secret
	service *jwt.Service
	forge   *forge.Forge
	now     time.Time
}

func newFixture(tb testing.TB) *fixture {
	tb.Helper()
	f := &fixture{keys: generate(tb), secret: secret.New(), now: time.Date(2026, 4, 5, 12, 0, 0, 0, time.UTC)}
	f.service = f.serve(tb, f.keys, jwt.Options{Secret: f.secret})
	f.forge = forge.New(tb, privatePEM(tb, f.keys), f.secret, issuer)
	return f
}

// serve makes a service of the fixture's issuer and clock.
func (f *fixture) serve(tb testing.TB, keys *jwt.Keys, opts jwt.Options) *jwt.Service {
	tb.Helper()
	opts.Issuer = issuer
	opts.Now = func() time.Time { return f.now }
	s, err := jwt.New(keys, opts)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// payload is a full payload of the kind.
func (f *fixture) payload(kind jwt.TokenType) jwt.TokenPayload {
	return jwt.TokenPayload{
		TokenID: "AAAAAAAAAAAAAAAAAAAAAA", TokenType: kind,
		UserID: "user-1", UserName: "Zoë <&> 山", TenantID: "tenant-1", PartnerID: "partner-1",
		Scope: jwt.ScopeTenant, OriginApp: "web", IsSystemUser: true, SessionID: "session-1",
		AuthTime: f.now.Add(-time.Minute), Epoch: 1_775_390_400_000, Methods: []string{"email_otp", "totp"}, AAL: 1,
		Extra:    map[string]any{"auth_method": "totp", "n": 5.0, "list": []any{"<&>", true, nil}},
		IssuedAt: f.now, ExpiresAt: f.now.Add(5 * time.Minute),
	}
}

func (f *fixture) sign(tb testing.TB, p jwt.TokenPayload) string {
	tb.Helper()
	token, err := f.service.Sign(p)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// accepts fails the test unless the token passes.
func (f *fixture) accepts(tb testing.TB, token string) *jwt.TokenPayload {
	tb.Helper()
	p, err := f.service.Verify(token)
	if err != nil {
		tb.Fatalf("refused: %v", errors.Unwrap(err))
	}
	return p
}

// refuses fails the test unless both ways of verifying refuse the token with the one answer that outsiders get.
func (f *fixture) refuses(tb testing.TB, token string) {
	tb.Helper()
	for name, verify := range map[string]func(string) (*jwt.TokenPayload, error){
		"Verify": f.service.Verify, "VerifyExpired": f.service.VerifyExpired,
	} {
		p, err := verify(token)
		if p != nil || !errors.Is(err, problem.ErrInvalidToken) {
			tb.Errorf("%s answers %+v, %v for %.200q", name, p, err, token)
			continue
		}
		if err.Error() != problem.ErrInvalidToken.Error() || errors.Unwrap(err) == nil {
			tb.Errorf("%s says %q because of %v", name, err, errors.Unwrap(err))
		}
	}
}

// refusesBecause is refuses where a later rule would refuse as well, but should not have to.
func (f *fixture) refusesBecause(tb testing.TB, token, reason string) {
	tb.Helper()
	f.refuses(tb, token)
	if _, err := f.service.Verify(token); !strings.Contains(errors.Unwrap(err).Error(), reason) {
		tb.Errorf("refused because of %v, not because of %s", errors.Unwrap(err), reason)
	}
}

func generate(tb testing.TB) *jwt.Keys {
	tb.Helper()
	keys, err := jwt.GenerateKeys()
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

func privatePEM(tb testing.TB, keys *jwt.Keys) []byte {
	tb.Helper()
	text, err := keys.PrivatePEM()
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func publicPEM(tb testing.TB, keys *jwt.Keys) []byte {
	tb.Helper()
	text, err := keys.PublicPEM()
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// jwkOf is the signing key as the service publishes it.
func jwkOf(tb testing.TB, s *jwt.Service) []byte {
	tb.Helper()
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(s.JWKS(), &set); err != nil || len(set.Keys) == 0 {
		tb.Fatal("no key set", err)
	}
	return set.Keys[0]
}
