package session

import (
	"testing"
	"time"
)

// TestAMirrorIsJudgedByBothClocks: one of them stands still while a machine sleeps, the other can be set back.
func TestAMirrorIsJudgedByBothClocks(t *testing.T) {
	began := time.Now()
	m := &mirror{lag: time.Minute, base: began}
	m.trust(began)
	for _, tt := range []struct {
		rule          string
		running, wall time.Duration
		want          bool
	}{
		{"within the lag", time.Minute - 1, time.Minute - 1, true},
		{"the running time is over", time.Minute, 0, false},
		{"the wall clock says that it is over", 0, time.Minute, false},
	} {
		if got := m.good(tt.running, began.Add(tt.wall).UnixNano()); got != tt.want {
			t.Errorf("%s: %t", tt.rule, got)
		}
	}
}
