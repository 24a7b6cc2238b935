package jwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/c2sp/wycheproof"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/jwt"
)

// group is a group of Wycheproof's test vectors, as far as these tests read it.
type group struct {
	Comment   string
	PublicKey struct{ Uncompressed string }
	Public    json.RawMessage
	Private   json.RawMessage
	Tests     []struct {
		ID      int `json:"tcId"`
		Comment string
		Result  string
		Msg     string
		Sig     string
		JWS     json.RawMessage
	}
}

func wycheproofGroups(t *testing.T, file string) []group {
	t.Helper()
	text, err := fs.ReadFile(wycheproof.TestVectors, file)
	must(t, err)
	var set struct{ TestGroups []group }
	must(t, json.Unmarshal(text, &set))
	return set.TestGroups
}

// J-13: what the library does with a signature agrees with all vectors for P-521, SHA-512 and R next to S.
func TestJ13_WycheproofP1363(t *testing.T) {
	if testutil.Race {
		t.Skip("pure curve arithmetic, slow under the race detector; plain 'go test ./jwt' runs it")
	}
	valid, invalid := 0, 0
	for _, g := range wycheproofGroups(t, "ecdsa_secp521r1_sha512_p1363_test.json") {
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P521(), unhex(t, g.PublicKey.Uncompressed))
		must(t, err)
		for _, v := range g.Tests {
			err := jwt.VerifySignature(key, string(unhex(t, v.Msg)), unhex(t, v.Sig))
			if (err == nil) != (v.Result == "valid") {
				t.Errorf("vector %d (%s) is %s: %v", v.ID, v.Comment, v.Result, err)
			}
			if err == nil {
				valid++
			} else {
				invalid++
			}
		}
	}
	if valid != 231 || invalid != 87 {
		t.Errorf("%d accepted and %d refused, want 231 and 87", valid, invalid)
	}
}

// The examples of the RFCs, and the two of Wycheproof's JWS vectors that are ES512, are no tokens of ours, but ES512
// signatures all the same. (Wycheproof's keys say "ES521", which is a slip.)
func TestKnownES512Signatures(t *testing.T) {
	type vector struct {
		JWK     json.RawMessage
		Compact string
	}
	vectors := map[string]vector{}
	for _, g := range wycheproofGroups(t, "json_web_signature_test.json") {
		for _, v := range g.Tests {
			if v.ID == 347 || v.ID == 351 {
				var compact string
				must(t, json.Unmarshal(v.JWS, &compact))
				vectors["Wycheproof "+g.Comment] = vector{g.Public, compact}
			}
		}
	}
	if len(vectors) != 2 {
		t.Fatal("Wycheproof's vectors have moved")
	}
	check := func(name string, v vector) {
		t.Run(name, func(t *testing.T) {
			var k struct{ X, Y string }
			must(t, json.Unmarshal(v.JWK, &k))
			_, _, x := parts(t, "."+"."+k.X)
			_, _, y := parts(t, "."+"."+k.Y)
			key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P521(), append(append([]byte{4}, x...), y...))
			must(t, err)
			_, _, signature := parts(t, v.Compact)
			signed := v.Compact[:strings.LastIndexByte(v.Compact, '.')]
			must(t, jwt.VerifySignature(key, signed, signature))
			if jwt.VerifySignature(key, signed+"x", signature) == nil {
				t.Error("the text does not count")
			}
		})
	}
	for name, v := range vectors {
		check(name, v)
	}
	for _, name := range []string{"rfc7515-a4-es512.json", "rfc7520-4.3-es512.json"} {
		var v vector
		must(t, json.Unmarshal(sharedVectors(t, filepath.Join("rfc", name)), &v))
		check(name, v)
	}
}

// sharedVectors reads a file from the folder of vectors that lies beside the repository.
func sharedVectors(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "vectors", name))
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		t.Skip("the vectors are not there: put them into ../shared/vectors, seen from the root of the repository")
	}
	must(t, err)
	return text
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}
