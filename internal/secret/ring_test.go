package secret

import (
	"bytes"
	"errors"
	"testing"
)

func ring(t *testing.T, current Secret, previous ...Secret) *Ring {
	t.Helper()
	r, err := NewRing(current, previous...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPurposes: what is made for one purpose, namespace or secret is worthless for another.
func TestPurposes(t *testing.T) {
	s := New()
	home := ring(t, s).Key("auth/v1/otp")
	sum := home.MAC("a", "b")
	sealed, err := home.Seal([]byte("plain"), "owner")
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]Keys{
		"another purpose":   ring(t, s).Key("auth/v1/totp"),
		"another namespace": ring(t, s).In("n").Key("auth/v1/otp"),
		"another secret":    ring(t, New()).Key("auth/v1/otp"),
	} {
		if k.Verify(sum, "a", "b") {
			t.Errorf("%s verifies the sum", name)
		}
		if _, err := k.Open(sealed, "owner"); !errors.Is(err, ErrOpen) {
			t.Errorf("%s opens what was sealed: %v", name, err)
		}
	}
}

// TestPartsDoNotRunTogether: no two lists of parts have one sum.
func TestPartsDoNotRunTogether(t *testing.T) {
	k := ring(t, New()).Key("x")
	seen := map[string][]string{}
	for _, parts := range [][]string{{"ab", "c"}, {"a", "bc"}, {"abc"}, {"abc", ""}, {"", "abc"}, {}, {""}, {"", ""}} {
		sum := string(k.MAC(parts...))
		if other, ok := seen[sum]; ok {
			t.Errorf("%q and %q have one sum", parts, other)
		}
		seen[sum] = parts
	}
}

// TestRotation: what an earlier secret made is still accepted, and nothing is made with it.
func TestRotation(t *testing.T) {
	older, newer := New(), New()
	before, after := ring(t, older).Key("x"), ring(t, newer, older).Key("x")
	sealed, err := before.Seal([]byte("plain"), "owner")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := after.Open(sealed, "owner"); err != nil || string(plain) != "plain" || !after.Verify(before.MAC("a"), "a") {
		t.Errorf("after the rotation: %q, %v", plain, err)
	}
	if before.Verify(after.MAC("a"), "a") {
		t.Error("something was made with the earlier secret")
	}
}

// TestSealedIsBound changes every byte, the owner, and the length.
func TestSealedIsBound(t *testing.T) {
	k := ring(t, New()).Key("x")
	sealed, err := k.Seal([]byte("plain"), "owner")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Open(sealed, "other"); !errors.Is(err, ErrOpen) {
		t.Errorf("another owner opens it: %v", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := k.Open(changed, "owner"); !errors.Is(err, ErrOpen) {
			t.Errorf("byte %d may change: %v", i, err)
		}
		if _, err := k.Open(sealed[:i], "owner"); !errors.Is(err, ErrOpen) {
			t.Errorf("%d bytes of it open: %v", i, err)
		}
	}
	if again, _ := k.Seal([]byte("plain"), "owner"); bytes.Equal(again, sealed) {
		t.Error("sealing twice gives the same")
	}
}

// TestReseal moves to the current secret what only an older one opens, and nothing else.
func TestReseal(t *testing.T) {
	older, newer := New(), New()
	before, after := ring(t, older).Key("x"), ring(t, newer, older).Key("x")
	sealed, err := before.Seal([]byte("plain"), "owner")
	if err != nil {
		t.Fatal(err)
	}
	fresh, ok := after.Reseal(sealed, "owner")
	if !ok {
		t.Fatal("what an older secret sealed is not moved")
	}
	if plain, err := ring(t, newer).Key("x").Open(fresh, "owner"); err != nil || string(plain) != "plain" {
		t.Errorf("the new secret alone reads %q, %v", plain, err)
	}
	for name, c := range map[string]struct {
		sealed  []byte
		context string
		keys    Keys
	}{
		"what the current secret sealed":  {fresh, "owner", after},
		"another owner's":                 {sealed, "other", after},
		"changed bytes":                   {sealed[1:], "owner", after},
		"nothing":                         {nil, "owner", after},
		"a ring without the older secret": {sealed, "owner", ring(t, newer).Key("x")},
	} {
		if fresh, ok := c.keys.Reseal(c.sealed, c.context); ok || fresh != nil {
			t.Errorf("%s is moved", name)
		}
	}
}
