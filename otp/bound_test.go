package otp

import (
	"testing"

	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/user"
)

func macs(t *testing.T) *Service {
	t.Helper()
	ring, err := secret.NewRing(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	return &Service{keys: ring.Key("auth/v1/otp")}
}

// TestTargetIsBound holds that the name of a target is that of one purpose, one channel and one address.
func TestTargetIsBound(t *testing.T) {
	s := macs(t)
	own := s.target(Login, user.Identifier{Kind: user.Email, Value: "a"})
	for rule, other := range map[string]string{
		"of one purpose": s.target(StepUp, user.Identifier{Kind: user.Email, Value: "a"}),
		"of one channel": s.target(Login, user.Identifier{Kind: user.Phone, Value: "a"}),
		"of one address": s.target(Login, user.Identifier{Kind: user.Email, Value: "b"}),
	} {
		if own == other {
			t.Errorf("a target is not %s", rule)
		}
	}
}

// TestCodeIsBound holds that a code which was moved to another record is worth nothing there.
func TestCodeIsBound(t *testing.T) {
	s := macs(t)
	own := record{Challenge: "c", Purpose: Login, Target: "t"}
	s.seal(&own, "123456")
	if !s.matches(own, "123456") || s.matches(own, "123457") {
		t.Fatal("a code does not match itself alone")
	}
	for rule, move := range map[string]func(r *record){
		"purpose":   func(r *record) { r.Purpose = StepUp },
		"target":    func(r *record) { r.Target = "u" },
		"challenge": func(r *record) { r.Challenge = "d" },
	} {
		moved := own
		move(&moved)
		if s.matches(moved, "123456") {
			t.Errorf("a code is good for another %s", rule)
		}
	}
}
