package turns_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/internal/turns"
)

// TestOpen: what began before is waited for, what begins later is not, and no longer than somebody has time.
func TestOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o turns.Open
		if err := o.Wait(t.Context()); err != nil {
			t.Errorf("where nothing has begun: %v", err)
		}
		o.Begin()()
		if err := o.Wait(t.Context()); err != nil {
			t.Errorf("where all has ended: %v", err)
		}
		first, second := o.Begin(), o.Begin()
		waited := make(chan error, 1)
		go func() { waited <- o.Wait(t.Context()) }()
		synctest.Wait()
		later := o.Begin()
		first()
		synctest.Wait()
		if len(waited) != 0 {
			t.Fatal("it does not wait for the second")
		}
		second()
		if err := <-waited; err != nil {
			t.Errorf("when what began before has ended: %v", err)
		}
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := o.Wait(brief); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without time for what began later: %v", err)
		}
		later()
	})
}

// TestOpen_ManyAtATime: whoever waits while others come and go is let go on.
func TestOpen_ManyAtATime(t *testing.T) {
	var o turns.Open
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				o.Begin()()
			}
		})
		all.Go(func() {
			for range 100 {
				if err := o.Wait(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
