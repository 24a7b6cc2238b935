package catalogue

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store/memstore"
)

// published is a registration and a sign-in that the standard publishes (WebAuthn Level 3, section 16). Everything is hex.
type published struct {
	ID           string `json:"id"`
	Registration struct {
		Challenge   string `json:"challenge"`
		ID          string `json:"credential_id"`
		ClientData  string `json:"clientDataJSON"`    //nolint:tagliatelle // a name of the standard
		Attestation string `json:"attestationObject"` //nolint:tagliatelle // a name of the standard
	} `json:"registration"`
	Authentication struct {
		Challenge  string `json:"challenge"`
		ClientData string `json:"clientDataJSON"`    //nolint:tagliatelle // a name of the standard
		Data       string `json:"authenticatorData"` //nolint:tagliatelle // a name of the standard
		Signature  string `json:"signature"`
	} `json:"authentication"`
}

func vectors(t *testing.T) []published {
	t.Helper()
	b, err := os.ReadFile("../../../shared/vectors/webauthn/l3-spec-vectors.json")
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		t.Skip("the vectors are not there: put them into ../shared/vectors, seen from the root of the repository")
	}
	var file struct{ Vectors []published }
	if err == nil {
		err = json.Unmarshal(b, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) != 15 {
		t.Fatalf("%d vectors, want 15", len(file.Vectors))
	}
	return file.Vectors
}

// known puts a published challenge in the place of the one that the server has just made, so that a published answer fits.
type known struct {
	kv.Store

	made, published string
}

func (k *known) plant(made, published string) { k.made, k.published = made, published }

// Take looks for the ceremony under the challenge that was made, and answers it with the published one.
func (k *known) Take(ctx context.Context, key string) ([]byte, error) {
	if k.made == "" {
		return k.Store.Take(ctx, key)
	}
	b, err := k.Store.Take(ctx, string(bytes.ReplaceAll([]byte(key), []byte(k.published), []byte(k.made))))
	return bytes.ReplaceAll(b, []byte(k.made), []byte(k.published)), err
}

// url64 turns hex into base64url.
func url64(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// The reasons for which a vector is refused.
const (
	unverified = "the user was not verified"
	framed     = "the ceremony ran inside another site's page"
	format     = "the attestation has a format that is not accepted"
	algorithm  = "the public key is none"
)

// always are the vectors that no policy of this library accepts.
var always = map[string]string{
	"none-es256-crossOrigin": framed, "none-es256-topOrigin": framed, "packed-ed448": algorithm,
	"tpm-es256": format, "android-key-es256": format, "apple-es256": format, "fido-u2f-es256": format,
}

// TestW01_Vectors sends what the standard publishes to the real handler. What the policy allows passes, and everything else is
// refused for the reason that the policy has.
func TestW01_Vectors(t *testing.T) {
	type outcome struct{ register, signIn string }
	for _, policy := range []struct {
		name    string
		lenient bool
		refused map[string]outcome
	}{
		{"default", false, map[string]outcome{
			"none-es256": {register: unverified}, "packed-self-es256": {signIn: unverified}, "none-es256-long-credential-id": {register: unverified},
			"packed-es384": {register: unverified}, "packed-es512": {signIn: unverified}, "packed-rs256": {signIn: unverified}, "packed-eddsa": {register: unverified},
		}},
		{"passkeys that verify nobody are allowed", true, map[string]outcome{}},
	} {
		t.Run(policy.name, func(t *testing.T) {
			for _, v := range vectors(t) {
				t.Run(v.ID, func(t *testing.T) {
					volatile := &known{Store: memstore.New(nil).KV()}
					e := alone(t, auth.Config{KV: volatile, Passkeys: auth.Passkeys{
						RPID: "example.org", Origins: []string{"https://example.org"}, AllowWithoutVerification: policy.lenient,
					}})
					var o struct {
						Challenge string
						User      struct{ ID string }
					}
					token := e.login(ada)
					if err := json.Unmarshal(e.creation(token), &o); err != nil {
						t.Fatal(err)
					}
					id := url64(t, v.Registration.ID)
					volatile.plant(o.Challenge, url64(t, v.Registration.Challenge))
					e.Events.Take()
					got := e.offer(token, []byte(fmt.Sprintf(`{"id":%q,"rawId":%q,"type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":%q,"attestationObject":%q}}`,
						id, id, url64(t, v.Registration.ClientData), url64(t, v.Registration.Attestation))))
					name := strings.TrimPrefix(v.ID, "sctn-test-vectors-")
					want := policy.refused[name]
					if reason := always[name]; reason != "" {
						want = outcome{register: reason}
					}
					e.outcome(t, got, http.StatusCreated, want.register)
					if want.register != "" {
						return
					}
					if err := json.Unmarshal(e.request(), &o); err != nil {
						t.Fatal(err)
					}
					volatile.plant(o.Challenge, url64(t, v.Authentication.Challenge))
					e.Events.Take()
					got = e.assert([]byte(fmt.Sprintf(`{"id":%q,"rawId":%q,"type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":%q,"authenticatorData":%q,"signature":%q,"userHandle":%q}}`,
						id, id, url64(t, v.Authentication.ClientData), url64(t, v.Authentication.Data), url64(t, v.Authentication.Signature), o.User.ID)))
					e.outcome(t, got, http.StatusOK, want.signIn)
				})
			}
		})
	}
}

// outcome demands success, or the refusal for a reason.
func (e *env) outcome(t *testing.T, got answer, success int, reason string) {
	t.Helper()
	said := ""
	for _, ev := range e.Events.Take() {
		if ev.Outcome != "success" {
			said = ev.Reason
		}
	}
	if reason == "" {
		if got.status != success {
			t.Errorf("answers %d %s, because %q", got.status, got.body, said)
		}
		return
	}
	e.checkRefusal(t, got, http.StatusUnauthorized, "invalid_credentials")
	if said != reason {
		t.Errorf("is refused because %q, want %q", said, reason)
	}
}

// TestW01_Mutations flips every byte of everything that is signed, and of the name of the key.
func TestW01_Mutations(t *testing.T) {
	e := alone(t, auth.Config{})
	a := &authtest.Authenticator{}
	k := e.passkey(e.login(ada), a)
	before := e.kept(k)
	for _, field := range []string{"authenticatorData", "clientDataJSON", "signature", "id"} {
		t.Run(field, func(t *testing.T) {
			for i, n := 0, 1; i < n; i++ {
				got := e.assert(a.Assert(e.request(), k, func(x *authtest.Answer) {
					x.JSON = func(credential, response map[string]any) {
						where := response
						if field == "id" {
							where = credential
						}
						text, _ := where[field].(string)
						b, err := base64.RawURLEncoding.DecodeString(text)
						if err != nil {
							t.Error(err)
						}
						n = len(b)
						b[i%n] ^= 1
						where[field] = base64.RawURLEncoding.EncodeToString(b)
						if field == "id" {
							where["rawId"] = where[field]
						}
					}
				}))
				if got.status != http.StatusUnauthorized && got.status != http.StatusBadRequest || got.text("token") != "" {
					t.Errorf("byte %d: answers %d %s", i, got.status, got.body)
				}
			}
		})
	}
	if after := e.kept(k); after != before {
		t.Errorf("the record is %s, and was %s", after, before)
	}
}
