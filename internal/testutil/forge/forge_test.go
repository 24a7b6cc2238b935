package forge_test

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

// Everything that is built on a forge rests on this: what it calls genuine is accepted.
func TestGenuineTokensAreAccepted(t *testing.T) {
	keys, err := jwt.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	text, err := keys.PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	s := secret.New()
	const issuer = "https://issuer.example"
	service, err := jwt.New(keys, jwt.Options{Issuer: issuer, Secret: s})
	if err != nil {
		t.Fatal(err)
	}
	f := forge.New(t, text, s, issuer)
	for _, kind := range []string{"user", "pre_auth", "service"} {
		t.Run(kind, func(t *testing.T) {
			p, err := service.Verify(f.Token(f.Header(kind), f.Claims(kind, time.Now())))
			if err != nil {
				t.Fatal(err, "because", errorCause(err))
			}
			if string(p.TokenType) != kind || p.UserID != "user-1" {
				t.Errorf("payload %+v", p)
			}
		})
	}
}

func errorCause(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}
