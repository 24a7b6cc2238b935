package jwt_test

import (
	"encoding/asn1"
	"encoding/json"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

// Key files as openssl writes them.
func TestOpenSSLKeyFiles(t *testing.T) {
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"ecparam":        {"ecparam", "-genkey", "-name", "secp521r1"},
		"ecparam -noout": {"ecparam", "-genkey", "-noout", "-name", "secp521r1"},
		"genpkey":        {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"},
	} {
		t.Run(name, func(t *testing.T) {
			private := openssl(t, nil, args...)
			keys, err := jwt.ParseKeys(private)
			must(t, err)
			public := openssl(t, private, "pkey", "-pubout")
			must(t, keys.Match(public))
			if string(publicPEM(t, keys)) != string(public) {
				t.Error("the public key is written differently")
			}
			// And back: openssl takes what the library writes, and what it signs.
			f := newFixture(t)
			token, err := f.serve(t, keys, jwt.Options{Secret: f.secret}).Sign(f.payload(jwt.TypeUser))
			must(t, err)
			signed := token[:strings.LastIndexByte(token, '.')]
			openssl(t, privatePEM(t, keys), "pkey", "-check", "-noout")
			_, _, signature := parts(t, token)
			der, err := asn1.Marshal(struct{ R, S *big.Int }{
				new(big.Int).SetBytes(signature[:forge.Size]), new(big.Int).SetBytes(signature[forge.Size:]),
			})
			must(t, err)
			openssl(t, []byte(signed), "dgst", "-sha512", "-verify", write(t, dir, "public.pem", public), "-signature", write(t, dir, "der", der))
		})
	}
	for name, args := range map[string][]string{
		"P-256":               {"ecparam", "-genkey", "-name", "prime256v1"},
		"P-384":               {"ecparam", "-genkey", "-name", "secp384r1"},
		"brainpool":           {"ecparam", "-genkey", "-name", "brainpoolP512r1"},
		"explicit parameters": {"ecparam", "-genkey", "-name", "secp521r1", "-param_enc", "explicit"},
		"RSA":                 {"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
		"Ed25519":             {"genpkey", "-algorithm", "ED25519"},
		"encrypted":           {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521", "-aes256", "-pass", "pass:x"},
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			if _, err := jwt.ParseKeys(openssl(t, nil, args...)); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// Other services need no more than the public key, the issuer and the audience of the API. Libraries that know nothing of
// this one accept its user and service tokens by them, and refuse what owes a second factor.
func TestOtherLibraries(t *testing.T) {
	f := newFixture(t)
	f.now = time.Now().UTC().Truncate(time.Second) // the others have no clock to set
	query := testutil.Query{JWKS: json.RawMessage(f.service.JWKS()), Issuer: issuer, Audience: issuer}
	user := f.sign(t, f.payload(jwt.TypeUser))
	for name, c := range map[string]struct {
		token string
		want  bool
	}{
		"user":     {user, true},
		"service":  {f.sign(t, f.payload(jwt.TypeService)), true},
		"pre_auth": {f.sign(t, f.payload(jwt.TypePreAuth)), false},
		"changed":  {user[:len(user)-10] + modified(user[len(user)-10:], 0), false},
		"another key": {
			f.forge.WithKey(newFixture(t).forge.Key).Token(f.forge.Header("user"), f.forge.Claims("user", f.now)), false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			query := query
			query.Token = c.token
			verdicts := testutil.Verify(t, query)
			if len(verdicts) != 3 {
				t.Errorf("%d libraries answer, want 3", len(verdicts))
			}
			for _, v := range verdicts {
				if v.OK != c.want || v.OK && v.Detail != "user-1" {
					t.Errorf("%s accepts: %v (%s)", v.Library, v.OK, v.Detail)
				}
			}
		})
	}
}

// openssl is on every machine; a machine without it fails.
func openssl(t *testing.T, stdin []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Stdin = strings.NewReader(string(stdin))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl %s: %v: %s", args[0], err, stderr.String())
	}
	return out
}

func write(t *testing.T, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	must(t, os.WriteFile(path, text, 0o600))
	return path
}
