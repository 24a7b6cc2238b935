package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/crafteasy/auth/kv"
)

var kvOnceRules = []rule[kv.Store]{
	{"Add stores only where nothing is", func(t tb, s kv.Store, _ *clock) {
		added, err := s.Add(t.Context(), "k", []byte("first"), long)
		noError(t, err, "Add")
		same(t, added, true, "the first Add")
		added, err = s.Add(t.Context(), "k", []byte("second"), long)
		noError(t, err, "Add again")
		same(t, added, false, "the second Add")
		wantValue(t, s, "k", []byte("first"))
	}},
	{"Add finds an empty value there", func(t tb, s kv.Store, _ *clock) {
		noError(t, s.Set(t.Context(), "k", nil, long), "Set")
		added, err := s.Add(t.Context(), "k", []byte("v"), long)
		noError(t, err, "Add")
		same(t, added, false, "Add")
	}},
	{"after Take or Delete the key is free for Add", func(t tb, s kv.Store, _ *clock) {
		for name, free := range map[string]func() error{
			"Take":   func() error { return second(s.Take(t.Context(), "k")) },
			"Delete": func() error { return s.Delete(t.Context(), "k") },
		} {
			noError(t, s.Set(t.Context(), "k", []byte("v"), long), "Set")
			noError(t, free(), name)
			added, err := s.Add(t.Context(), "k", []byte("w"), long)
			noError(t, err, "Add")
			same(t, added, true, "Add after "+name)
		}
	}},
	{"Take answers the value once", func(t tb, s kv.Store, _ *clock) {
		noError(t, s.Set(t.Context(), "k", []byte("v"), long), "Set")
		got, err := s.Take(t.Context(), "k")
		noError(t, err, "Take")
		same(t, string(got), "v", "Take")
		_, err = s.Take(t.Context(), "k")
		wantError(t, err, kv.ErrNotFound, "Take again")
		wantAbsent(t, s, "k")
	}},
	{"of many who Add one key at once exactly one is told true, and its value stays", func(t tb, s kv.Store, _ *clock) {
		for round := range 5 {
			key := fmt.Sprint("k", round)
			winner := oneWinner(t, func(i int) (bool, error) {
				return s.Add(t.Context(), key, fmt.Append(nil, i), long)
			})
			wantValue(t, s, key, fmt.Append(nil, winner))
		}
	}},
	{"of many who Take one key at once exactly one gets the value", func(t tb, s kv.Store, _ *clock) {
		for range 5 {
			noError(t, s.Set(t.Context(), "k", []byte("v"), long), "Set")
			oneWinner(t, func(int) (bool, error) {
				got, err := s.Take(t.Context(), "k")
				if errors.Is(err, kv.ErrNotFound) {
					return false, nil
				}
				if err == nil && !bytes.Equal(got, []byte("v")) {
					err = fmt.Errorf("took %q", got)
				}
				return err == nil, err
			})
		}
	}},
	{"of many who Add and Take one key at once, every value that went in comes out once", func(t tb, s kv.Store, _ *clock) {
		var added, taken [racers]atomic.Int32
		take := func() error {
			got, err := s.Take(t.Context(), "k")
			if errors.Is(err, kv.ErrNotFound) {
				return nil
			}
			if err == nil {
				if len(got) != 1 || int(got[0]) >= racers {
					return fmt.Errorf("took %q", got)
				}
				taken[got[0]].Add(1)
			}
			return err
		}
		race(racers, func(i int) {
			if i%2 == 1 {
				if err := take(); err != nil {
					t.Errorf("racer %d: %v", i, err)
				}
				return
			}
			won, err := s.Add(t.Context(), "k", []byte{byte(i)}, long)
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
			if won {
				added[i].Add(1)
			}
		})
		noError(t, take(), "Take what is left")
		for i := range racers {
			same(t, taken[i].Load(), added[i].Load(), fmt.Sprintf("how often value %d came out", i))
		}
		wantAbsent(t, s, "k")
	}},
}
