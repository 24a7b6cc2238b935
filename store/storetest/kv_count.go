package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/crafteasy/auth/kv"
)

var kvCountRules = []rule[kv.Store]{
	{"Count adds and answers the new value", func(t tb, s kv.Store, _ *clock) {
		for _, step := range []struct{ delta, want int64 }{{1, 1}, {1, 2}, {5, 7}, {0, 7}, {-2, 5}} {
			wantCount(t, s, "n", step.delta, step.want)
		}
	}},
	{"Count 0 reads and opens no window", func(t tb, s kv.Store, _ *clock) {
		wantNoWindow(t, s, "n", 0)
		wantNoWindow(t, s, "n", 0)
		wantAbsent(t, s, "n")
	}},
	{"a refund opens no window", func(t tb, s kv.Store, _ *clock) {
		wantNoWindow(t, s, "n", -3)
		wantNoWindow(t, s, "n", 0)
		wantCount(t, s, "n", 1, 1)
	}},
	{"a refund never goes below 0 and leaves the window open", func(t tb, s kv.Store, _ *clock) {
		wantCount(t, s, "n", 2, 2)
		left := wantCount(t, s, "n", -5, 0)
		if left <= 0 || left > long {
			t.Fatalf("after the refund %v are left of a window of %v", left, long)
		}
		if left = wantCount(t, s, "n", 0, 0); left <= 0 {
			t.Fatalf("a window that stands at 0 reads as closed")
		}
		wantCount(t, s, "n", 1, 1)
	}},
	{"the first hit fixes the window: later ones never move its end", func(t tb, s kv.Store, c *clock) {
		first := wantCount(t, s, "n", 1, 1)
		if first <= long-patience || first > long {
			t.Fatalf("the first hit leaves %v of a window of %v", first, long)
		}
		for i := range int64(3) {
			c.Advance(time.Minute)
			if left := wantCountTTL(t, s, "n", 1, i+2, 10*long); left > first {
				t.Fatalf("hit %d moved the end: %v left, the first hit left %v", i+2, left, first)
			}
		}
		wantCountTTL(t, s, "n", -4, 0, 10*long)
		if left := wantCountTTL(t, s, "n", 1, 1, 10*long); left > first {
			t.Fatalf("a hit after a refund to 0 moved the end: %v left, the first hit left %v", left, first)
		}
	}},
	{"a longer or shorter ttl of a later hit changes nothing", func(t tb, s kv.Store, _ *clock) {
		wantCount(t, s, "n", 1, 1)
		if left := wantCountTTL(t, s, "n", 1, 2, time.Second); left < long-patience {
			t.Fatalf("a later hit cut the window to %v", left)
		}
	}},
	{"Delete closes the window", func(t tb, s kv.Store, _ *clock) {
		wantCount(t, s, "n", 9, 9)
		noError(t, s.Delete(t.Context(), "n"), "Delete")
		wantNoWindow(t, s, "n", 0)
		wantCount(t, s, "n", 1, 1)
	}},
	{"Count loses no hit, and every caller sees another value", func(t tb, s kv.Store, _ *clock) {
		const each = 10
		var seen [racers*each + 1]atomic.Int32
		race(racers, func(i int) {
			for range each {
				n, left, err := s.Count(t.Context(), "n", 1, long)
				switch {
				case err != nil:
					t.Errorf("racer %d: %v", i, err)
				case left <= 0 || left > long:
					t.Errorf("racer %d: %v left of a window of %v", i, left, long)
				case n < 1 || n > racers*each:
					t.Errorf("racer %d: the counter stands at %d", i, n)
				default:
					seen[n].Add(1)
				}
			}
		})
		for n := 1; n < len(seen); n++ {
			if got := seen[n].Load(); got != 1 {
				t.Fatalf("%d callers were told %d, want one", got, n)
			}
		}
		wantCount(t, s, "n", 0, racers*each)
	}},
	{"hits and refunds at once add up", func(t tb, s kv.Store, _ *clock) {
		wantCount(t, s, "n", racers, racers)
		race(racers, func(i int) {
			delta := int64(1 - 2*(i%2))
			if _, _, err := s.Count(t.Context(), "n", delta, long); err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
		})
		wantCount(t, s, "n", 0, racers)
	}},
	{"counters do not disturb one another", func(t tb, s kv.Store, _ *clock) {
		race(racers, func(i int) {
			if _, _, err := s.Count(t.Context(), fmt.Sprint("n", i), int64(i+1), long); err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
		})
		for i := range racers {
			wantCount(t, s, fmt.Sprint("n", i), 0, int64(i+1))
		}
	}},
}

func wantCount(t tb, s kv.Store, key string, delta, want int64) time.Duration {
	t.Helper()
	return wantCountTTL(t, s, key, delta, want, long)
}

func wantCountTTL(t tb, s kv.Store, key string, delta, want int64, ttl time.Duration) time.Duration {
	t.Helper()
	n, left, err := s.Count(t.Context(), key, delta, ttl)
	noError(t, err, "Count")
	same(t, n, want, fmt.Sprintf("Count %+d", delta))
	return left
}

func wantNoWindow(t tb, s kv.Store, key string, delta int64) {
	t.Helper()
	if left := wantCount(t, s, key, delta, 0); left != 0 {
		t.Fatalf("Count %+d: %v left of no window", delta, left)
	}
}
