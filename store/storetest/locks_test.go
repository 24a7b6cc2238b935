package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/store/memstore"
)

func openLocks(_ *testing.T, now func() time.Time) abuse.Store {
	return memstore.New(&memstore.Options{Now: now}).Locks()
}

func TestLockRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openLocks, lockRules); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestLockRulesNotice(t *testing.T) { notice(t, lockFlaws, lockRules) }

// faultyLocks replaces single verbs of a sound store.
type faultyLocks struct {
	abuse.Store
	now   func() time.Time
	lock  func(ctx context.Context, subject string) (abuse.Lock, error)
	swap  func(ctx context.Context, subject string, from, to abuse.Lock) (bool, error)
	clear func(ctx context.Context, subject string) error
}

func (f *faultyLocks) Lock(ctx context.Context, subject string) (abuse.Lock, error) {
	if f.lock != nil {
		return f.lock(ctx, subject)
	}
	return f.Store.Lock(ctx, subject)
}

func (f *faultyLocks) Swap(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
	if f.swap != nil {
		return f.swap(ctx, subject, from, to)
	}
	return f.Store.Swap(ctx, subject, from, to)
}

func (f *faultyLocks) Clear(ctx context.Context, subject string) error {
	if f.clear != nil {
		return f.clear(ctx, subject)
	}
	return f.Store.Clear(ctx, subject)
}

func withLocks(wrap func(abuse.Store, *faultyLocks)) Open[abuse.Store] {
	return func(t *testing.T, now func() time.Time) abuse.Store {
		sound := openLocks(t, now)
		f := &faultyLocks{Store: sound, now: now}
		wrap(sound, f)
		return f
	}
}

// withAnswers makes a store that changes locks on their way out.
func withAnswers(change func(abuse.Lock, time.Time) abuse.Lock) Open[abuse.Store] {
	return withLocks(func(s abuse.Store, f *faultyLocks) {
		f.lock = func(ctx context.Context, subject string) (abuse.Lock, error) {
			l, err := s.Lock(ctx, subject)
			return change(l, f.now()), err
		}
	})
}

// withSubjects makes a store that changes subjects before it uses them.
func withSubjects(change func(string) string) Open[abuse.Store] {
	return withLocks(func(s abuse.Store, f *faultyLocks) {
		f.lock = func(ctx context.Context, subject string) (abuse.Lock, error) { return s.Lock(ctx, change(subject)) }
		f.swap = func(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
			return s.Swap(ctx, change(subject), from, to)
		}
	})
}

var lockFlaws = []flaw[abuse.Store]{
	{"Swap reads, then writes", withLocks(func(s abuse.Store, f *faultyLocks) {
		f.swap = func(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
			is, err := s.Lock(ctx, subject)
			gap()
			if err != nil || is != from {
				return false, err
			}
			for {
				is, _ = s.Lock(ctx, subject)
				if won, err := s.Swap(ctx, subject, is, to); won || err != nil {
					return won, err
				}
			}
		}
	}), []string{
		"of many who Swap from one lock at once exactly one does, and its lock stays", "no failure is lost among many who count at once",
	}},
	{"Swap compares the failures alone", withLocks(func(s abuse.Store, f *faultyLocks) {
		f.swap = func(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
			if is, _ := s.Lock(ctx, subject); is.Failures == from.Failures {
				from = is
			}
			return s.Swap(ctx, subject, from, to)
		}
	}), []string{"Swap replaces the lock only while it equals from"}},
	{"Swap takes the zero Lock for any", withLocks(func(s abuse.Store, f *faultyLocks) {
		f.swap = func(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
			if from == (abuse.Lock{}) {
				from, _ = s.Lock(ctx, subject)
			}
			return s.Swap(ctx, subject, from, to)
		}
	}), []string{"Swap replaces the lock only while it equals from"}},
	{"times are compared as structs", withLocks(func(_ abuse.Store, f *faultyLocks) {
		var mu sync.Mutex
		kept := map[string]abuse.Lock{}
		f.swap = func(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			if kept[subject] != from {
				return false, ctx.Err()
			}
			kept[subject] = to
			return true, ctx.Err()
		}
		f.lock = func(ctx context.Context, subject string) (abuse.Lock, error) {
			mu.Lock()
			defer mu.Unlock()
			return kept[subject], ctx.Err()
		}
	}), []string{"Until comes back in UTC and is compared as an instant"}},
	{"Until is kept in seconds", withAnswers(func(l abuse.Lock, _ time.Time) abuse.Lock {
		l.Until = l.Until.Truncate(time.Second)
		return l
	}), []string{"a lock comes back the same in every field", "Until comes back in UTC and is compared as an instant"}},
	{"failures are kept in 32 bits", withAnswers(func(l abuse.Lock, _ time.Time) abuse.Lock {
		l.Failures = int(int32(l.Failures))
		return l
	}), []string{"a lock comes back the same in every field"}},
	{"none is a lock in 1970", withAnswers(func(l abuse.Lock, _ time.Time) abuse.Lock {
		if l.Until.IsZero() {
			l.Until = time.Unix(0, 0).UTC()
		}
		return l
	}), []string{"where there is none the zero Lock is answered", "a lock comes back the same in every field"}},
	{"the zero Lock is one", withLocks(func(s abuse.Store, f *faultyLocks) {
		var mu sync.Mutex
		stays := map[string]bool{}
		f.swap = func(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			if stays[subject] {
				return false, nil
			}
			won, err := s.Swap(ctx, subject, from, to)
			stays[subject] = won && to == abuse.Lock{}
			return won, err
		}
	}), []string{"a Swap to the zero Lock leaves none"}},
	{"Clear does nothing", withLocks(func(_ abuse.Store, f *faultyLocks) {
		f.clear = func(context.Context, string) error { return nil }
	}), []string{"Clear forgets the lock, and no other", "a subject is bytes and means nothing to the store"}},
	{"Clear takes what begins like the subject", withLocks(func(s abuse.Store, f *faultyLocks) {
		var mu sync.Mutex
		seen := map[string]bool{}
		f.swap = func(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
			mu.Lock()
			seen[subject] = true
			mu.Unlock()
			return s.Swap(ctx, subject, from, to)
		}
		f.clear = func(ctx context.Context, subject string) error {
			for other := range seen {
				if strings.HasPrefix(other, subject) {
					_ = s.Clear(ctx, other)
				}
			}
			return ctx.Err()
		}
	}), []string{"Clear forgets the lock, and no other"}},
	{"a lock is forgotten when its wait is over", withAnswers(func(l abuse.Lock, now time.Time) abuse.Lock {
		if now.After(l.Until.Add(time.Hour)) {
			return abuse.Lock{}
		}
		return l
	}), []string{"a lock is kept for its time: a day after Until, and 30 days from five failures on"}},
	{"a long lock is forgotten like a short one", withAnswers(func(l abuse.Lock, now time.Time) abuse.Lock {
		if now.After(l.Until.Add(2 * 24 * time.Hour)) {
			return abuse.Lock{}
		}
		return l
	}), []string{"a lock is kept for its time: a day after Until, and 30 days from five failures on"}},
	{"subjects are cut at NUL", withSubjects(func(s string) string { s, _, _ = strings.Cut(s, "\x00"); return s }), []string{
		"a subject is bytes and means nothing to the store",
	}},
	{"subjects have no case", withSubjects(strings.ToLower), []string{"a subject is bytes and means nothing to the store"}},
	{"the context is not looked at", withLocks(func(s abuse.Store, f *faultyLocks) {
		f.clear = func(ctx context.Context, subject string) error { return s.Clear(context.WithoutCancel(ctx), subject) }
	}), []string{"a cancelled context does nothing and is reported"}},
}
