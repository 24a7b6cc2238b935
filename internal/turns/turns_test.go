package turns_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/turns"
)

var errFull = errors.New("full")

func take(t *testing.T, from *turns.Turns) *turns.Turn {
	t.Helper()
	turn, err := from.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return turn
}

// TestTake: there are as many turns as were asked for, one more waits, and is refused when none becomes free.
func TestTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		two := turns.New(2, errFull)
		first := take(t, two)
		take(t, two)
		begin := time.Now()
		if _, err := two.Take(t.Context()); !errors.Is(err, problem.ErrUnavailable) || !errors.Is(err, errFull) {
			t.Errorf("a third is refused with %v", err)
		}
		if waited := time.Since(begin); waited != turns.Wait {
			t.Errorf("it waited %v", waited)
		}
		time.AfterFunc(turns.Wait/2, first.GiveBack)
		begin = time.Now()
		late := take(t, two)
		if waited := time.Since(begin); waited != turns.Wait/2 || !late.Late() || first.Late() {
			t.Errorf("after a turn became free one waited %v; late %t, the first late %t", waited, late.Late(), first.Late())
		}
	})
}

// TestDo: what is done in a turn is done when one is free, lets the next one in, and is not done when none becomes free.
func TestDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := turns.New(1, errFull)
		done := 0
		for range 2 {
			if err := one.Do(t.Context(), func() { done++ }); err != nil {
				t.Fatal(err)
			}
		}
		held := take(t, one)
		if err := one.Do(t.Context(), func() { done++ }); !errors.Is(err, problem.ErrUnavailable) || !errors.Is(err, errFull) {
			t.Errorf("without a turn: %v", err)
		}
		time.AfterFunc(turns.Wait/2, held.GiveBack)
		if err := one.Do(t.Context(), func() { done++ }); err != nil {
			t.Error(err)
		}
		if err := (*turns.Turns)(nil).Do(t.Context(), func() { done++ }); err != nil {
			t.Error(err)
		}
		if done != 4 {
			t.Errorf("done %d times of 4", done)
		}
	})
}

// TestTake_UntilTheCallerLeaves: nobody waits for a caller who is gone.
func TestTake_UntilTheCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := turns.New(1, errFull)
		take(t, one)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := one.Take(ctx); !errors.Is(err, problem.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if waited := time.Since(begin); waited != time.Second {
			t.Errorf("it waited %v", waited)
		}
	})
}

// TestGiveBack: a turn that is given back twice, or by many at once, makes room for one.
func TestGiveBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		two := turns.New(2, errFull)
		turn := take(t, two)
		take(t, two)
		ctx := context.WithValue(t.Context(), ctxkey.Turn{}, turn)
		var all sync.WaitGroup
		for range 10 {
			all.Go(turn.GiveBack)
			all.Go(func() { turns.GiveBack(ctx) })
		}
		all.Wait()
		take(t, two)
		if _, err := two.Take(t.Context()); err == nil {
			t.Error("there is a third turn")
		}
	})
}

// TestNoTurns: where nothing is bounded nobody waits.
func TestNoTurns(t *testing.T) {
	var none *turns.Turns
	turn, err := none.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	turn.GiveBack()
	turns.GiveBack(t.Context())
}
