package secret_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/secret"
)

const text = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

func parse(t *testing.T) secret.Secret {
	t.Helper()
	s, err := secret.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// holder keeps a secret where fmt cannot call its methods.
type holder struct {
	s secret.Secret
	k secret.Keys
	m secret.MACs
	r *secret.Ring
}

// TestNothingPrintsASecret looks for the bytes of the secret and of a derived key in everything that prints.
func TestNothingPrintsASecret(t *testing.T) {
	s := parse(t)
	ring, err := secret.NewRing(s)
	if err != nil {
		t.Fatal(err)
	}
	keys := ring.Key("test")
	macs := keys.MACs()
	_ = macs.Current([]byte("a state is in the pool"))
	var b bytes.Buffer
	for _, v := range []any{s, &s, keys, &keys, macs, &macs, ring, *ring, holder{s, keys, macs, ring}, &holder{s, keys, macs, ring}, []secret.Secret{s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewJSONHandler(&b, nil)).Info("text", "v", v)
		slog.New(slog.NewTextHandler(&b, nil)).Info("text", "v", v)
		if j, err := json.Marshal(v); err == nil {
			b.Write(j)
		}
	}
	out := strings.ToLower(b.String())
	for _, raw := range [][]byte{s.Reveal(), keys.All()[0]} {
		for name, form := range map[string]string{
			"raw": fmt.Sprintf("%s", raw), "hex": hex.EncodeToString(raw), "decimal": strings.Trim(fmt.Sprint(raw), "[]"), "base64": text,
		} {
			if strings.Contains(out, strings.ToLower(form[:12])) {
				t.Errorf("the %s form of a secret was printed", name)
			}
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		rule, in string
		ok       bool
	}{
		{"standard base64", text, true},
		{"without padding", strings.TrimRight(text, "="), true},
		{"URL base64", "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8", true},
		{"blanks around it", " " + text + "\n", true},
		{"too short", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk", false},
		{"one byte repeated", strings.Repeat("A", 43), false},
		{"not base64", "!" + text, false},
		{"empty", "", false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if _, err := secret.Parse(c.in); (err == nil) != c.ok {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestKeysArePerPurpose keeps what is made for one purpose worthless for another.
func TestKeysArePerPurpose(t *testing.T) {
	ring, err := secret.NewRing(parse(t))
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := ring.Key("a"), ring.Key("b"), ring.In("tenant").Key("a")
	sum := a.MAC("x", "y")
	for name, ok := range map[string]bool{
		"the same parts":          a.Verify(sum, "x", "y"),
		"not the other purpose":   !b.Verify(sum, "x", "y"),
		"not the other namespace": !c.Verify(sum, "x", "y"),
		"not other boundaries":    !a.Verify(sum, "xy") && !a.Verify(sum, "x", "y", "") && !a.Verify(sum, "", "xy"),
	} {
		if !ok {
			t.Error(name)
		}
	}
}

// TestRotation keeps what an older secret made good, and makes new things with the current one.
func TestRotation(t *testing.T) {
	old, current := parse(t), secret.New()
	before, err := secret.NewRing(old)
	if err != nil {
		t.Fatal(err)
	}
	after, err := secret.NewRing(current, old)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := before.Key("a").Seal([]byte("plain"), "user 1")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := after.Key("a").Open(sealed, "user 1"); err != nil || string(got) != "plain" {
		t.Errorf("an older secret's value: %q, %v", got, err)
	}
	if _, err := after.Key("a").Open(sealed, "user 2"); err == nil {
		t.Error("a sealed value opened for another owner")
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := after.Key("a").Open(sealed, "user 1"); err == nil {
		t.Error("a changed value opened")
	}
	if !after.Key("a").Verify(before.Key("a").MAC("x"), "x") || before.Key("a").Verify(after.Key("a").MAC("x"), "x") {
		t.Error("MACs do not follow the rotation")
	}
}
