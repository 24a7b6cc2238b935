package storetest

import (
	"errors"
	"time"

	"github.com/crafteasy/auth/kv"
)

// short is a ttl that a server with its own clock reaches while a rule polls.
const short = 250 * time.Millisecond

var kvExpiryRules = []rule[kv.Store]{
	{"an expired value is absent for Get, Take and Add", func(t tb, s kv.Store, c *clock) {
		for _, k := range []string{"take", "add", "get"} { // the one that is polled for expires last
			noError(t, s.Set(t.Context(), k, []byte("v"), short), "Set")
		}
		c.Advance(short)
		waitAbsent(t, s, "get")
		wantError(t, second(s.Take(t.Context(), "take")), kv.ErrNotFound, "Take")
		added, err := s.Add(t.Context(), "add", []byte("w"), long)
		noError(t, err, "Add")
		same(t, added, true, "Add in place of an expired value")
		wantValue(t, s, "add", []byte("w"))
	}},
	{"what Add stored expires too", func(t tb, s kv.Store, c *clock) {
		added, err := s.Add(t.Context(), "k", []byte("v"), short)
		noError(t, err, "Add")
		same(t, added, true, "Add")
		c.Advance(short)
		waitAbsent(t, s, "k")
	}},
	{"a refused Add does not prolong what is there", func(t tb, s kv.Store, c *clock) {
		noError(t, s.Set(t.Context(), "k", []byte("v"), short), "Set")
		added, err := s.Add(t.Context(), "k", []byte("w"), long)
		noError(t, err, "Add")
		if added {
			t.Logf("the server was too slow to tell: the value had expired before Add")
			return
		}
		c.Advance(short)
		waitAbsent(t, s, "k")
	}},
	{"Get does not prolong", func(t tb, s kv.Store, c *clock) {
		noError(t, s.Set(t.Context(), "k", []byte("v"), short), "Set")
		_, err := s.Get(t.Context(), "k")
		if err != nil && !errors.Is(err, kv.ErrNotFound) {
			noError(t, err, "Get")
		}
		c.Advance(short)
		waitAbsent(t, s, "k")
	}},
	{"Set gives a new life", func(t tb, s kv.Store, c *clock) {
		noError(t, s.Set(t.Context(), "longer", []byte("v"), short), "Set")
		noError(t, s.Set(t.Context(), "longer", []byte("w"), 3*long), "Set for longer")
		noError(t, s.Set(t.Context(), "shorter", []byte("v"), long), "Set")
		noError(t, s.Set(t.Context(), "shorter", []byte("w"), short), "Set for less")
		c.Advance(short)
		waitAbsent(t, s, "shorter")
		c.Advance(2 * long)
		wantValue(t, s, "longer", []byte("w"))
	}},
	{"a value lives until its ttl is over", func(t tb, s kv.Store, c *clock) {
		noError(t, s.Set(t.Context(), "k", []byte("v"), long), "Set")
		wantCount(t, s, "n", 1, 1)
		c.Advance(long - time.Millisecond)
		wantValue(t, s, "k", []byte("v"))
		wantCount(t, s, "n", 1, 2)
	}},
	{"a counter begins anew when its window is over", func(t tb, s kv.Store, c *clock) {
		_, _, err := s.Count(t.Context(), "n", 41, short)
		noError(t, err, "Count")
		c.Advance(short)
		eventually(t, "the end of the window", func() bool {
			n, left, err := s.Count(t.Context(), "n", 0, long)
			noError(t, err, "Count")
			return n == 0 && left == 0
		})
		wantNoWindow(t, s, "n", -1)
		if left := wantCount(t, s, "n", 1, 1); left <= long-patience {
			t.Fatalf("the new window has %v left of %v", left, long)
		}
	}},
	{"a ttl below a millisecond is still a ttl", func(t tb, s kv.Store, c *clock) {
		noError(t, s.Set(t.Context(), "set", []byte("v"), time.Nanosecond), "Set")
		_, err := s.Add(t.Context(), "add", []byte("v"), time.Nanosecond)
		noError(t, err, "Add")
		_, _, err = s.Count(t.Context(), "n", 1, time.Nanosecond)
		noError(t, err, "Count")
		c.Advance(time.Millisecond)
		waitAbsent(t, s, "set")
		waitAbsent(t, s, "add")
		waitAbsent(t, s, "n")
	}},
}

func waitAbsent(t tb, s kv.Store, key string) {
	t.Helper()
	eventually(t, "the end of a value's life", func() bool {
		return errors.Is(second(s.Get(t.Context(), key)), kv.ErrNotFound)
	})
}
