package memstore_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store/memstore"
)

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 4, 5, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bounded opens a store that holds so many entries.
func bounded(t *testing.T, entries int) (kv.Store, *clock) {
	t.Helper()
	c := newClock()
	return memstore.New(&memstore.Options{Now: c.Now, MaxEntries: entries}).KV(), c
}

// fill adds entries until there are n.
func fill(t *testing.T, s kv.Store, n int, ttl time.Duration) {
	t.Helper()
	for i := range n {
		if added, err := s.Add(t.Context(), fmt.Sprint("filler", i), nil, ttl); err != nil || !added {
			t.Fatalf("entry %d: %v, %v", i, added, err)
		}
	}
}

func TestFull_RefusesWhatIsNewAndKeepsWhatIsAlive(t *testing.T) {
	s, _ := bounded(t, 100)
	fill(t, s, 99, time.Hour)
	if n, _, err := s.Count(t.Context(), "counter", 1, time.Hour); n != 1 || err != nil {
		t.Fatalf("the last place: %d, %v", n, err)
	}
	for verb, put := range map[string]func() error{
		"Set":   func() error { return s.Set(t.Context(), "new", nil, time.Hour) },
		"Add":   func() error { _, err := s.Add(t.Context(), "new", nil, time.Hour); return err },
		"Count": func() error { _, _, err := s.Count(t.Context(), "new", 1, time.Hour); return err },
	} {
		if err := put(); !errors.Is(err, memstore.ErrFull) {
			t.Errorf("%s into a full store: %v, want ErrFull", verb, err)
		}
	}
	for i := range 99 {
		if _, err := s.Get(t.Context(), fmt.Sprint("filler", i)); err != nil {
			t.Fatalf("entry %d was alive and is gone: %v", i, err)
		}
	}
	if _, err := s.Get(t.Context(), "new"); !errors.Is(err, kv.ErrNotFound) {
		t.Errorf("what was refused is there: %v", err)
	}
}

func TestFull_WhatIsThereCanStillBeUsed(t *testing.T) {
	s, _ := bounded(t, 10)
	fill(t, s, 9, time.Hour)
	for want := range int64(5) {
		if n, _, err := s.Count(t.Context(), "counter", 1, time.Hour); n != want+1 || err != nil {
			t.Fatalf("hit %d: %d, %v", want+1, n, err)
		}
	}
	if err := s.Set(t.Context(), "filler0", nil, time.Hour); err != nil {
		t.Errorf("Set in place of what is there: %v", err)
	}
	if added, err := s.Add(t.Context(), "filler0", nil, time.Hour); added || err != nil {
		t.Errorf("Add where something is: %v, %v", added, err)
	}
	if _, err := s.Take(t.Context(), "filler0"); err != nil {
		t.Errorf("Take: %v", err)
	}
	if err := s.Set(t.Context(), "new", nil, time.Hour); err != nil {
		t.Errorf("Set after Take made room: %v", err)
	}
}

func TestFull_OfTheExpiredMakesRoom(t *testing.T) {
	s, c := bounded(t, 1000)
	for round := range 3 {
		fill(t, s, 1000, time.Minute)
		c.Advance(time.Minute)
		if err := s.Set(t.Context(), "new", nil, time.Second); err != nil {
			t.Fatalf("round %d: a store full of expired entries: %v", round, err)
		}
		c.Advance(time.Second)
	}
}

func TestFull_OfTheExpiredUnderAnotherLock(t *testing.T) {
	for range 20 {
		s, c := bounded(t, 2)
		fill(t, s, 2, time.Minute)
		c.Advance(time.Minute)
		for _, k := range []string{"new", "newer"} {
			if err := s.Set(t.Context(), k, nil, time.Minute); err != nil {
				t.Fatalf("a store full of expired entries: %v", err)
			}
		}
	}
}

func TestFull_OfBytes(t *testing.T) {
	c := newClock()
	s := memstore.New(&memstore.Options{Now: c.Now, MaxBytes: 64 << 10}).KV()
	if err := s.Set(t.Context(), "large", make([]byte, 64<<10), time.Minute); !errors.Is(err, memstore.ErrFull) {
		t.Errorf("a value as large as the bound: %v, want ErrFull", err)
	}
	if err := s.Set(t.Context(), strings.Repeat("k", 64<<10), nil, time.Minute); !errors.Is(err, memstore.ErrFull) {
		t.Errorf("a key as large as the bound: %v, want ErrFull", err)
	}
	if err := s.Set(t.Context(), "k", make([]byte, 60<<10), time.Minute); err != nil {
		t.Fatalf("a value below the bound: %v", err)
	}
	if err := s.Set(t.Context(), "k", make([]byte, 65<<10), time.Minute); !errors.Is(err, memstore.ErrFull) {
		t.Errorf("a replacement above the bound: %v, want ErrFull", err)
	}
	if v, err := s.Get(t.Context(), "k"); len(v) != 60<<10 || err != nil {
		t.Errorf("after a refused replacement: %d bytes, %v", len(v), err)
	}
	if err := s.Set(t.Context(), "k", nil, time.Minute); err != nil {
		t.Fatalf("a smaller replacement: %v", err)
	}
	if err := s.Set(t.Context(), "k2", make([]byte, 60<<10), time.Minute); err != nil {
		t.Errorf("what the replacement freed cannot be used: %v", err)
	}
	if _, err := s.Take(t.Context(), "k2"); err != nil {
		t.Fatal(err)
	}
	if err := s.Set(t.Context(), "k3", make([]byte, 60<<10), time.Minute); err != nil {
		t.Errorf("what Take freed cannot be used: %v", err)
	}
}

func TestFull_ManyAtOnceStayBelowTheBound(t *testing.T) {
	const bound = 500
	s, _ := bounded(t, bound)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range bound {
				if err := s.Set(t.Context(), fmt.Sprint(g, "-", i), nil, time.Hour); err != nil && !errors.Is(err, memstore.ErrFull) {
					t.Errorf("Set: %v", err)
				}
			}
		})
	}
	wg.Wait()
	held := 0
	for g := range 8 {
		for i := range bound {
			if _, err := s.Get(t.Context(), fmt.Sprint(g, "-", i)); err == nil {
				held++
			}
		}
	}
	if held != bound {
		t.Errorf("%d entries are held, the bound is %d", held, bound)
	}
}

// Nothing grows where entries come and go, though nobody reads or deletes them.
func TestSweep_KeepsUpWithWrites(t *testing.T) {
	c := newClock()
	s := memstore.New(&memstore.Options{Now: c.Now}).KV()
	value := make([]byte, 1024)
	churn := func() uint64 {
		for i := range 50_000 {
			if err := s.Set(t.Context(), fmt.Sprint(c.Now().UnixNano(), i), value, time.Second); err != nil {
				t.Fatal(err)
			}
			c.Advance(time.Millisecond) // a thousand are alive
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	first := churn()
	if second := churn(); second > first+10<<20 {
		t.Errorf("the heap grew from %d to %d bytes under the same load", first, second)
	}
	runtime.KeepAlive(s)
}

func TestSweep_SparesWhatWasGivenANewLife(t *testing.T) {
	s, c := bounded(t, 10_000)
	if err := s.Set(t.Context(), "k", []byte("old"), time.Second); err != nil {
		t.Fatal(err)
	}
	if err := s.Set(t.Context(), "k", []byte("new"), time.Hour); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Minute)
	fill(t, s, 1000, time.Hour) // sweeps every shard
	if v, err := s.Get(t.Context(), "k"); string(v) != "new" || err != nil {
		t.Errorf("it was swept with its old life: %q, %v", v, err)
	}
}

func TestContract_BrokenByTheCaller(t *testing.T) {
	s := memstore.New(nil).KV()
	for _, ttl := range []time.Duration{0, -1} {
		if err := s.Set(t.Context(), "k", nil, ttl); err == nil {
			t.Errorf("Set with a ttl of %d is taken", ttl)
		}
		if _, err := s.Add(t.Context(), "k", nil, ttl); err == nil {
			t.Errorf("Add with a ttl of %d is taken", ttl)
		}
		if _, _, err := s.Count(t.Context(), "k", 1, ttl); err == nil {
			t.Errorf("Count with a ttl of %d is taken", ttl)
		}
	}
	if err := s.Set(t.Context(), "value", []byte("1"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Count(t.Context(), "value", 1, time.Hour); err == nil {
		t.Error("a value is counted")
	}
	if _, _, err := s.Count(t.Context(), "counter", 1, time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "counter"); err == nil || errors.Is(err, kv.ErrNotFound) {
		t.Errorf("a counter is read as a value: %v", err)
	}
	if _, err := s.Take(t.Context(), "counter"); err == nil || errors.Is(err, kv.ErrNotFound) {
		t.Errorf("a counter is taken as a value: %v", err)
	}
}

func TestCount_NeverWraps(t *testing.T) {
	s := memstore.New(nil).KV()
	for range 3 {
		n, _, err := s.Count(t.Context(), "n", 1<<62, time.Hour)
		if n <= 0 || err != nil {
			t.Fatalf("the counter stands at %d, %v", n, err)
		}
	}
	if n, _, err := s.Count(t.Context(), "n", -1<<63, time.Hour); n != 0 || err != nil {
		t.Errorf("after the largest refund the counter stands at %d, %v", n, err)
	}
}

func TestTTL_LongerThanTimeItself(t *testing.T) {
	c := newClock()
	s := memstore.New(&memstore.Options{Now: c.Now}).KV()
	c.Advance(time.Hour)
	if err := s.Set(t.Context(), "k", nil, 1<<63-1); err != nil {
		t.Fatal(err)
	}
	c.Advance(1000 * time.Hour)
	if _, err := s.Get(t.Context(), "k"); err != nil {
		t.Errorf("it ended: %v", err)
	}
}

func BenchmarkCount(b *testing.B) {
	s := memstore.New(nil).KV()
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = s.Count(ctx, "n", 1, time.Hour)
	}
}

func BenchmarkAddAndTake(b *testing.B) {
	s := memstore.New(nil).KV()
	ctx, value := b.Context(), make([]byte, 64)
	for i := range 100_000 {
		_ = s.Set(ctx, fmt.Sprint("other", i), value, time.Hour)
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = s.Add(ctx, "k", value, time.Minute)
		_, _ = s.Take(ctx, "k")
	}
}
