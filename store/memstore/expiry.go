package memstore

import (
	"container/heap"
	"sync"
	"time"

	"github.com/crafteasy/auth/kv"
)

// sweepPerWrite is how many expired entries one write removes. Two for each that comes in: the dead never pile up.
const sweepPerWrite = 2

// overhead estimates what an entry costs beside its key and value: itself, its place in the map and in the heap.
const overhead = 192

// entry is a value or a counter with the age of the store at which it ends.
type entry struct {
	key     string
	value   []byte
	n       int64
	counter bool
	ends    time.Duration
	place   int // in the heap of its shard
}

func (e *entry) cost() int64 { return int64(len(e.key)+len(e.value)) + overhead }

// shard holds the entries whose keys share a lock, and knows which ends first.
type shard struct {
	mu     sync.Mutex
	byKey  map[string]*entry
	byEnds endings
}

// live answers the entry under key unless it has ended.
func (s *shard) live(key string, age time.Duration) *entry {
	if held := s.byKey[key]; held != nil && held.ends > age {
		return held
	}
	return nil
}

// value answers the live value under key: not a counter, which has verbs of its own.
func (s *shard) value(key string, age time.Duration) (*entry, error) {
	held := s.live(key, age)
	switch {
	case held == nil:
		return nil, kv.ErrNotFound
	case held.counter:
		return nil, errKind
	}
	return held, nil
}

// sweep removes at most limit entries that have ended, and reports whether there were any.
func (s *shard) sweep(e *expiring, age time.Duration, limit int) bool {
	swept := false
	for range limit {
		if len(s.byEnds) == 0 || s.byEnds[0].ends > age {
			break
		}
		e.remove(s, s.byEnds[0])
		swept = true
	}
	return swept
}

// replace puts fresh into its shard in place of whatever is under its key, or answers [ErrFull] and changes nothing.
// The shard is locked.
func (e *expiring) replace(s *shard, fresh *entry, ends time.Duration) error {
	old := s.byKey[fresh.key]
	entries, bytes := int64(1), fresh.cost()
	if old != nil {
		entries, bytes = 0, bytes-old.cost()
	}
	// Reserve first: shards do not see one another, and together must stay below the bound.
	tooMany, tooMuch := e.entries.Add(entries) > e.maxEntries, e.bytes.Add(bytes) > e.maxBytes
	if entries > 0 && tooMany || bytes > 0 && tooMuch {
		e.entries.Add(-entries)
		e.bytes.Add(-bytes)
		return ErrFull
	}
	fresh.ends = ends
	if old != nil {
		heap.Remove(&s.byEnds, old.place)
	}
	s.byKey[fresh.key] = fresh
	heap.Push(&s.byEnds, fresh)
	return nil
}

// remove takes an entry out of its shard, which is locked.
func (e *expiring) remove(s *shard, held *entry) {
	delete(s.byKey, held.key)
	heap.Remove(&s.byEnds, held.place)
	e.entries.Add(-1)
	e.bytes.Add(-held.cost())
}

// sweepAll removes what has ended in every shard, a bounded number in each, and reports whether that made room. It runs
// only when the store is full.
func (e *expiring) sweepAll() bool {
	const perShard = 256
	age, swept := e.age(), false
	for i := range e.shards {
		s := &e.shards[i]
		s.mu.Lock()
		swept = s.sweep(e, age, perShard) || swept
		s.mu.Unlock()
	}
	return swept
}

// endings is a heap of entries, the one that ends first on top.
type endings []*entry

func (h endings) Len() int           { return len(h) }
func (h endings) Less(i, j int) bool { return h[i].ends < h[j].ends }

func (h endings) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push is called by package heap.
func (h *endings) Push(x any) {
	e, _ := x.(*entry) // package heap pushes what it was given
	e.place = len(*h)
	*h = append(*h, e)
}

// Pop is called by package heap.
func (h *endings) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
