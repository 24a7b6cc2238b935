package testutil_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/crafteasy/auth/internal/testutil"
)

func TestVerify(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES512, jwt.MapClaims{
		"iss": "http://localhost", "aud": "api", "sub": "alice", "jti": "1",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	token.Header["kid"] = "k1"
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	good := testutil.Query{Token: signed, JWKS: jwks(t, &key.PublicKey), Issuer: "http://localhost", Audience: "api"}
	tampered := good
	tampered.Token = signed[:len(signed)-4] + "AAAA"
	foreign := good
	foreign.Audience = "other"
	for _, tt := range []struct {
		name string
		q    testutil.Query
		want bool
	}{{"a good token", good, true}, {"a tampered token", tampered, false}, {"another audience", foreign, false}} {
		t.Run(tt.name, func(t *testing.T) {
			verdicts := testutil.Verify(t, tt.q)
			if len(verdicts) != 3 {
				t.Errorf("%d libraries answered, want jose, PyJWT and jwcrypto", len(verdicts))
			}
			for _, v := range verdicts {
				if v.OK != tt.want || tt.want && v.Detail != "alice" {
					t.Errorf("%s says %t, %s", v.Library, v.OK, v.Detail)
				}
			}
		})
	}
}

func jwks(t *testing.T, key *ecdsa.PublicKey) json.RawMessage {
	t.Helper()
	point, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	half := len(point) / 2
	encode := base64.RawURLEncoding.EncodeToString
	set, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "EC", "crv": "P-521", "alg": "ES512", "use": "sig", "kid": "k1",
		"x": encode(point[1 : 1+half]), "y": encode(point[1+half:]),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}
