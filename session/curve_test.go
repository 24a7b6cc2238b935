package session

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/turns"
)

// TestTheCurveIsBounded: at most half of the processors verify at a time, and who waits for longer than a turn is waited for is refused as
// unavailable.
func TestTheCurveIsBounded(t *testing.T) {
	most := max(runtime.GOMAXPROCS(0)/2, 1)
	synctest.Test(t, func(t *testing.T) {
		s := &Service{curve: newCurve()}
		end := make(chan struct{})
		var running, refused atomic.Int64
		var all sync.WaitGroup
		for i := range most + 3 {
			all.Go(func() {
				err := s.together(fmt.Sprint("token ", i), func() error {
					running.Add(1)
					<-end
					return nil
				})
				if errors.Is(err, problem.ErrUnavailable) {
					refused.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := running.Load(); n != int64(most) {
			t.Errorf("%d verify at a time, and there are turns for %d", n, most)
		}
		time.Sleep(turns.Wait) // of the bubble's clock
		synctest.Wait()
		if n := refused.Load(); n != 3 {
			t.Errorf("%d of 3 who wait for too long are refused", n)
		}
		close(end)
		all.Wait()
		if err := s.together("one more", func() error { return nil }); err != nil {
			t.Errorf("after a turn became free: %v", err)
		}
	})
}

// TestIssued: a token is known by all its bytes, until another one takes its place.
func TestIssued(t *testing.T) {
	var known issued
	if known.knows("a token") {
		t.Error("a token is known before any was signed")
	}
	known.add("a token")
	if !known.knows("a token") || known.knows("another") {
		t.Error("what is known is not what was signed")
	}
	mine, next := digestOf("a token"), ""
	for i := 0; next == ""; i++ {
		text := fmt.Sprint(i)
		if d := digestOf(text); d.slot() == mine.slot() {
			next = text
		}
	}
	if known.knows(next) {
		t.Error("a token in the same place is known for another")
	}
	known.add(next)
	if known.knows("a token") || !known.knows(next) {
		t.Error("a later token does not take the place")
	}
}

// TestOnePayloadIsNotTheWholeQueue: whoever presents one payload with many signatures waits for themselves, and others are verified
// meanwhile. Nothing is left of who has waited.
func TestOnePayloadIsNotTheWholeQueue(t *testing.T) {
	most := max(runtime.GOMAXPROCS(0)/2, 1)
	synctest.Test(t, func(t *testing.T) {
		s := &Service{curve: newCurve()}
		end := make(chan struct{})
		var all sync.WaitGroup
		var forged, before atomic.Int64
		present := func(token string, verify func() error) {
			all.Go(func() {
				if err := s.together(token, verify); err != nil {
					t.Error(err)
				}
			})
		}
		for i := range most {
			present(fmt.Sprintf("header.first %d.signature", i), func() error { <-end; return nil })
		}
		synctest.Wait()
		for i := range 20 {
			present(fmt.Sprintf("header.payload.signature %d", i), func() error {
				time.Sleep(time.Millisecond) // of the bubble's clock
				forged.Add(1)
				return nil
			})
		}
		synctest.Wait()
		present("header.another.signature", func() error { before.Store(forged.Load()); return nil })
		synctest.Wait()
		close(end)
		all.Wait()
		if n := before.Load(); n > 1 || forged.Load() != 20 {
			t.Errorf("%d of %d signatures of one payload are verified before that of another", n, forged.Load())
		}
		if n := len(s.curve.queues.of); n != 0 {
			t.Errorf("%d queues are left", n)
		}
	})
}
