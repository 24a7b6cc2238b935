package totp

import (
	"fmt"
	"testing"
	"time"

	"github.com/pquerna/otp"
)

// TestMatchTakesTheLaterOfTwo: a code that stands for two steps of the window is used up for both.
func TestMatchTakesTheLaterOfTwo(t *testing.T) {
	key := []byte("12345678901234567890")
	at := func(step int64) string {
		code, err := codeAt(key, step, 6, otp.AlgorithmSHA1)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	// The first step whose code returns two steps later, by search.
	var first int64
	for step := int64(1); first == 0; step++ {
		if at(step) == at(step+2) {
			first = step
		}
	}
	s := &Service{opts: Options{Digits: 6, Period: 30 * time.Second, Window: 1, Now: func() time.Time { return time.Unix((first+1)*30, 0) }}}
	step, ok, err := s.match(key, at(first))
	if err != nil || !ok || step != first+2 {
		t.Errorf("step %d, %v, %v; want %d", step, ok, err, first+2)
	}
}

// TestBefore1970: a clock that shows no time is an error, not a code.
func TestBefore1970(t *testing.T) {
	s := &Service{opts: Options{Digits: 6, Period: 30 * time.Second, Window: 1, Now: func() time.Time { return time.Time{} }}}
	if _, ok, err := s.match([]byte("key"), "000000"); ok || err == nil {
		t.Errorf("matches: %v, %v", ok, err)
	}
}

func TestTypedRecovery(t *testing.T) {
	shown, hashes := newRecoveryCodes("ada")
	for i, code := range shown {
		typed, ok := typedRecovery(code)
		if !ok || string(hashOf("ada", typed)) != string(hashes[i]) {
			t.Errorf("%q is not read back", code)
		}
		if string(hashOf("bob", typed)) == string(hashes[i]) {
			t.Error("two users have the same hash")
		}
	}
	for _, s := range []string{"", "123456", "AAAAAA-AAAAAA-AAAAAA-AAAAA", "AAAAAA-AAAAAA-AAAAAA-AAAAA1", "AAAAAA-AAAAAA-AAAAAA-AAAAAÅ", "AAAAAA-AAAAAA-AAAAAA-AAAA\x00A"} {
		if typed, ok := typedRecovery(s); ok {
			t.Errorf("%q is read as %q", s, typed)
		}
	}
	if want := fmt.Sprintf("%s-%s-%s-%s", "ABCDEF", "GHIJKL", "MNOPQR", "STUVWX"); grouped("ABCDEFGHIJKLMNOPQRSTUVWX") != want {
		t.Errorf("grouped as %q", grouped("ABCDEFGHIJKLMNOPQRSTUVWX"))
	}
}
