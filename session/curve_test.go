package session

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/crafteasy/auth/internal/problem"
)

// TestTheCurveIsBounded: who finds every turn taken waits, and is refused as unavailable when none becomes free.
func TestTheCurveIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Service{curve: newCurve()}
		var done []func()
		for range cap(s.curve.turns) {
			d, err := s.admit()
			if err != nil {
				t.Fatal(err)
			}
			done = append(done, d)
		}
		if _, err := s.admit(); !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("one more than there are turns: %v", err)
		}
		done[0]()
		if _, err := s.admit(); err != nil {
			t.Errorf("after a turn became free: %v", err)
		}
	})
}
