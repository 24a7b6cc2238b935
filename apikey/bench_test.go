package apikey

import (
	"testing"

	"github.com/crafteasy/auth/internal/secret"
)

// BenchmarkSecretCheck is what an exchange costs beside the store and the signing of the token: form, checksum and MAC.
func BenchmarkSecretCheck(b *testing.B) {
	ring, err := secret.NewRing(secret.New())
	if err != nil {
		b.Fatal(err)
	}
	s := &Service{macs: macs{ring.Key("auth/v1/api-key").MACs()}}
	k := Key{ID: random(idBytes)}
	text := newSecret()
	k.Secrets = []Secret{{Hash: s.macs.current(k.ID, text)}}
	code := k.Code()
	b.ReportAllocs()
	for b.Loop() {
		if id, ok := idOf(code); !ok || id != k.ID || !wellFormed(text) || s.match(&k, text) == nil {
			b.Fatal("the right secret is refused")
		}
	}
}

// TestHashIsBound keeps a hash that is moved to another key from matching there.
func TestHashIsBound(t *testing.T) {
	ring, err := secret.NewRing(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	m := macs{ring.Key("auth/v1/api-key").MACs()}
	one, other, text := random(idBytes), random(idBytes), newSecret()
	stored := []Secret{{Hash: m.current(other, newSecret())}, {Hash: m.current(one, text)}}
	if m.match(one, text, stored) != 1 || m.match(other, text, stored) != -1 || m.match(one, text+"x", stored) != -1 || m.match("", text, stored) != -1 {
		t.Error("a secret matches what it should not, or not what it should")
	}
}
