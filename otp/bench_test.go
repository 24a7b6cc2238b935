package otp

import (
	"testing"

	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/user"
)

// BenchmarkCheck is what judging a code costs beside the store.
func BenchmarkCheck(b *testing.B) {
	ring, err := secret.NewRing(secret.New())
	if err != nil {
		b.Fatal(err)
	}
	s := &Service{keys: ring.Key("auth/v1/otp")}
	rec := record{Challenge: "challenge", Purpose: Login, Target: s.target(Login, user.Identifier{Kind: user.Email, Value: "a@example.com"})}
	s.seal(&rec, "123456")
	b.ReportAllocs()
	for b.Loop() {
		if code := typed("123 456"); !isCode(code, 6) || !s.matches(rec, code) {
			b.Fatal("the right code was refused")
		}
	}
}
