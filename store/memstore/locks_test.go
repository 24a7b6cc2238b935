package memstore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/store/memstore"
)

// TestLocks_Bounded: locks of a few failures make room for others, those that stand for a wait never do.
func TestLocks_Bounded(t *testing.T) {
	c := newClock()
	s := memstore.New(&memstore.Options{Now: c.Now, MaxEntries: 100}).Locks()
	put := func(subject string, failures int) error {
		old, err := s.Lock(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		ok, err := s.Swap(t.Context(), subject, old, abuse.Lock{Failures: failures, Until: c.Now()})
		if err == nil && !ok {
			t.Fatalf("%s: another swap won", subject)
		}
		return err
	}
	held := func(subject string) int {
		l, err := s.Lock(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		return l.Failures
	}
	for i := range 10 {
		if err := put(fmt.Sprint("victim", i), 1); err != nil {
			t.Fatal(err)
		}
		if err := put(fmt.Sprint("victim", i), 5+i); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1000 {
		c.Advance(time.Millisecond)
		if err := put(fmt.Sprint("stray", i), 1); err != nil {
			t.Fatalf("stray %d: %v", i, err)
		}
	}
	kept := 0
	for i := range 1000 {
		kept += held(fmt.Sprint("stray", i))
	}
	if kept != 90 || held("stray999") != 1 || held("stray0") != 0 {
		t.Errorf("%d stray failures are kept, want the latest 90", kept)
	}
	for i := range 10 {
		if n := held(fmt.Sprint("victim", i)); n != 5+i {
			t.Errorf("victim %d has %d failures, want %d", i, n, 5+i)
		}
	}
	for i := 910; i < 1000; i++ {
		if err := put(fmt.Sprint("stray", i), 5); err != nil {
			t.Fatal(err)
		}
	}
	if err := put("one more", 1); !errors.Is(err, memstore.ErrFull) {
		t.Errorf("where every lock stands for a wait: %v", err)
	}
	if err := s.Clear(t.Context(), "stray950"); err != nil {
		t.Fatal(err)
	}
	if err := put("one more", 1); err != nil {
		t.Errorf("with room: %v", err)
	}
}
