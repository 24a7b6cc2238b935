package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
)

// Locks checks a back end for what is remembered of failures.
func Locks(t *testing.T, open Open[abuse.Store]) {
	t.Helper()
	run(t, open, lockRules)
}

var lockRules = []rule[abuse.Store]{
	{"where there is none the zero Lock is answered", func(t tb, s abuse.Store, _ *clock) {
		wantLock(t, s, "subject", abuse.Lock{})
		wantLock(t, s, "", abuse.Lock{})
	}},
	{"a lock comes back the same in every field", func(t tb, s abuse.Store, c *clock) {
		full := filled[abuse.Lock](t)
		mustSwap(t, s, "subject", abuse.Lock{}, full, true)
		wantLock(t, s, "subject", full)
		for i, l := range []abuse.Lock{{Failures: 1}, {Failures: 1, Until: c.Now().Add(999 * time.Millisecond)}, {Failures: 2, Until: c.Now().Truncate(time.Second)}} {
			subject := fmt.Sprint("subject", i)
			mustSwap(t, s, subject, abuse.Lock{}, l, true)
			wantLock(t, s, subject, l)
		}
	}},
	{"Until comes back in UTC and is compared as an instant", func(t tb, s abuse.Store, c *clock) {
		zone := time.FixedZone("somewhere", 5*3600+45*60)
		utc := abuse.Lock{Failures: 3, Until: c.Now().Add(time.Millisecond)}
		local := abuse.Lock{Failures: 3, Until: utc.Until.In(zone)}
		mustSwap(t, s, "subject", abuse.Lock{}, local, true)
		wantLock(t, s, "subject", utc)
		mustSwap(t, s, "subject", local, utc, true)
		mustSwap(t, s, "subject", utc, local, true)
		wantLock(t, s, "subject", utc)
	}},
	{"Swap replaces the lock only while it equals from", func(t tb, s abuse.Store, c *clock) {
		is, next := abuse.Lock{Failures: 6, Until: c.Now()}, abuse.Lock{Failures: 7, Until: c.Now().Add(time.Minute)}
		mustSwap(t, s, "subject", is, next, false)
		mustSwap(t, s, "subject", abuse.Lock{Failures: 1}, next, false)
		wantLock(t, s, "subject", abuse.Lock{})
		mustSwap(t, s, "subject", abuse.Lock{}, is, true)
		for _, other := range []abuse.Lock{
			{},
			{Failures: 5, Until: is.Until},
			{Failures: 7, Until: is.Until},
			{Failures: 6, Until: is.Until.Add(time.Millisecond)},
			{Failures: 6, Until: is.Until.Add(-time.Millisecond)},
			{Failures: 6},
			{Until: is.Until},
			next,
		} {
			mustSwap(t, s, "subject", other, next, false)
			wantLock(t, s, "subject", is)
		}
		mustSwap(t, s, "subject", is, next, true)
		wantLock(t, s, "subject", next)
		mustSwap(t, s, "subject", is, next, false)
	}},
	{"a Swap to the zero Lock leaves none", func(t tb, s abuse.Store, c *clock) {
		is := abuse.Lock{Failures: 6, Until: c.Now()}
		mustSwap(t, s, "subject", abuse.Lock{}, is, true)
		mustSwap(t, s, "subject", is, abuse.Lock{}, true)
		wantLock(t, s, "subject", abuse.Lock{})
		mustSwap(t, s, "subject", is, is, false)
		mustSwap(t, s, "subject", abuse.Lock{}, is, true)
		wantLock(t, s, "subject", is)
	}},
	{"of many who Swap from one lock at once exactly one does, and its lock stays", func(t tb, s abuse.Store, c *clock) {
		is := abuse.Lock{}
		for round := range 5 {
			next := func(i int) abuse.Lock {
				return abuse.Lock{Failures: is.Failures + 1, Until: c.Now().Add(time.Duration(1000*round+i) * time.Millisecond)}
			}
			winner := oneWinner(t, func(i int) (bool, error) { return s.Swap(t.Context(), "subject", is, next(i)) })
			is = next(winner)
			wantLock(t, s, "subject", is)
		}
	}},
	{"no failure is lost among many who count at once", func(t tb, s abuse.Store, c *clock) {
		const counters = 20
		race(counters, func(i int) {
			for range 50 * counters { // each try is lost to another's success
				is, err := s.Lock(t.Context(), "subject")
				if err != nil {
					t.Errorf("racer %d: %v", i, err)
					return
				}
				next := abuse.Lock{Failures: is.Failures + 1, Until: c.Now().Add(time.Duration(i) * time.Second)}
				won, err := s.Swap(t.Context(), "subject", is, next)
				if err != nil {
					t.Errorf("racer %d: %v", i, err)
				}
				if won || err != nil {
					return
				}
			}
			t.Errorf("racer %d lost every time", i)
		})
		is, err := s.Lock(t.Context(), "subject")
		noError(t, err, "Lock")
		same(t, is.Failures, counters, "the failures")
	}},
	{"Clear forgets the lock, and no other", func(t tb, s abuse.Store, c *clock) {
		is := abuse.Lock{Failures: 6, Until: c.Now()}
		for _, subject := range []string{"subject", "subject2", "sub"} {
			mustSwap(t, s, subject, abuse.Lock{}, is, true)
		}
		for range 2 {
			noError(t, s.Clear(t.Context(), "subject"), "Clear")
			wantLock(t, s, "subject", abuse.Lock{})
		}
		for _, unknown := range []string{"", "unknown", "*", "subj", "subject3"} {
			noError(t, s.Clear(t.Context(), unknown), "Clear of an unknown subject")
		}
		wantLock(t, s, "subject2", is)
		wantLock(t, s, "sub", is)
		mustSwap(t, s, "subject", is, is, false)
		mustSwap(t, s, "subject", abuse.Lock{}, is, true)
	}},
	{"a lock is kept for its time: a day after Until, and 30 days from five failures on", func(t tb, s abuse.Store, c *clock) {
		few, many := abuse.Lock{Failures: 4, Until: c.Now().Add(time.Minute)}, abuse.Lock{Failures: 5, Until: c.Now().Add(time.Minute)}
		mustSwap(t, s, "few", abuse.Lock{}, few, true)
		mustSwap(t, s, "many", abuse.Lock{}, few, true)
		mustSwap(t, s, "many", few, many, true)
		others := func() { // a back end may sweep with every write
			for i := range 10 {
				mustSwap(t, s, fmt.Sprint(c.Now(), i), abuse.Lock{}, abuse.Lock{Failures: 1, Until: c.Now()}, true)
			}
		}
		c.Advance(time.Minute + 24*long - time.Millisecond)
		others()
		wantLock(t, s, "few", few)
		wantLock(t, s, "many", many)
		c.Advance(29 * 24 * long)
		others()
		wantLock(t, s, "many", many)
	}},
	{"a subject is bytes and means nothing to the store", func(t tb, s abuse.Store, c *clock) {
		all := hostileKeys()
		lock := func(i int) abuse.Lock {
			return abuse.Lock{Failures: i + 1, Until: c.Now().Add(time.Duration(i) * time.Millisecond)}
		}
		for i, subject := range all {
			mustSwap(t, s, subject, abuse.Lock{}, lock(i), true)
		}
		for i, subject := range all {
			wantLock(t, s, subject, lock(i))
			noError(t, s.Clear(t.Context(), subject), "Clear")
			wantLock(t, s, subject, abuse.Lock{})
			for j := i + 1; j < len(all); j++ {
				wantLock(t, s, all[j], lock(j))
			}
		}
	}},
	{"a cancelled context does nothing and is reported", func(t tb, s abuse.Store, c *clock) {
		is := abuse.Lock{Failures: 6, Until: c.Now()}
		mustSwap(t, s, "subject", abuse.Lock{}, is, true)
		ctx := cancelled(t)
		for verb, err := range map[string]error{
			"Lock":  second(s.Lock(ctx, "subject")),
			"Swap":  second(s.Swap(ctx, "subject", is, abuse.Lock{Failures: 7})),
			"Clear": s.Clear(ctx, "subject"),
		} {
			wantError(t, err, context.Canceled, verb)
		}
		wantLock(t, s, "subject", is)
	}},
}

func wantLock(t tb, s abuse.Store, subject string, want abuse.Lock) {
	t.Helper()
	got, err := s.Lock(t.Context(), subject)
	noError(t, err, "Lock")
	same(t, got, want, fmt.Sprintf("Lock(%.40q)", subject))
}

func mustSwap(t tb, s abuse.Store, subject string, from, to abuse.Lock, won bool) {
	t.Helper()
	got, err := s.Swap(t.Context(), subject, from, to)
	noError(t, err, "Swap")
	same(t, got, won, fmt.Sprintf("Swap(%.40q) from %v", subject, from))
}
