package jwt_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/crafteasy/auth/jwt"
)

// TestAKnownHeaderSaysWhatItSays holds the headers that are not read to what reading them says, for every key and kind, and that
// those of signed tokens are among them.
func TestAKnownHeaderSaysWhatItSays(t *testing.T) {
	f := newFixture(t)
	other, err := generate(t).PublicPEM()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := f.keys.With(other)
	if err != nil {
		t.Fatal(err)
	}
	s := f.serve(t, keys, jwt.Options{Secret: f.secret})
	taken, read, err := jwt.KnownHeads(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(taken) != 2*3 || !maps.Equal(taken, read) {
		t.Errorf("%d headers are taken for %v and say %v", len(taken), taken, read)
	}
	for _, kind := range []jwt.TokenType{jwt.TypeUser, jwt.TypeService, jwt.TypePreAuth} {
		token, err := s.Sign(f.payload(kind))
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(token, ".")
		if taken[header][0] != keys.ID() {
			t.Errorf("the header of a %s token is read every time", kind)
		}
	}
}
