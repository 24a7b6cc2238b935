package storetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store/memstore"
)

func openKV(_ *testing.T, now func() time.Time) kv.Store {
	return memstore.New(&memstore.Options{Now: now}).KV()
}

// with makes a store whose verbs differ from those of a sound one where wrap says so.
func with(wrap func(kv.Store, *faulty)) Open[kv.Store] {
	return func(t *testing.T, now func() time.Time) kv.Store {
		sound := openKV(t, now)
		f := &faulty{Store: sound}
		wrap(sound, f)
		return f
	}
}

// faulty replaces single verbs of a sound store.
type faulty struct {
	kv.Store
	set    func(ctx context.Context, key string, value []byte, ttl time.Duration) error
	add    func(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error)
	get    func(ctx context.Context, key string) ([]byte, error)
	take   func(ctx context.Context, key string) ([]byte, error)
	count  func(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error)
	delete func(ctx context.Context, keys ...string) error
}

func (f *faulty) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if f.set != nil {
		return f.set(ctx, key, value, ttl)
	}
	return f.Store.Set(ctx, key, value, ttl)
}

func (f *faulty) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	if f.add != nil {
		return f.add(ctx, key, value, ttl)
	}
	return f.Store.Add(ctx, key, value, ttl)
}

func (f *faulty) Get(ctx context.Context, key string) ([]byte, error) {
	if f.get != nil {
		return f.get(ctx, key)
	}
	return f.Store.Get(ctx, key)
}

func (f *faulty) Take(ctx context.Context, key string) ([]byte, error) {
	if f.take != nil {
		return f.take(ctx, key)
	}
	return f.Store.Take(ctx, key)
}

func (f *faulty) Count(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
	if f.count != nil {
		return f.count(ctx, key, delta, ttl)
	}
	return f.Store.Count(ctx, key, delta, ttl)
}

func (f *faulty) Delete(ctx context.Context, keys ...string) error {
	if f.delete != nil {
		return f.delete(ctx, keys...)
	}
	return f.Store.Delete(ctx, keys...)
}

// gap is where a store that is not atomic lets others in: all of them, since the clock of [broken] moves only when every
// goroutine waits.
func gap() { time.Sleep(time.Millisecond) }

func TestKVRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openKV, kvRules()); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestKVRulesNotice(t *testing.T) { notice(t, kvFlaws, kvRules()) }

var kvFlaws = []flaw[kv.Store]{
	{"Take reads, then deletes", with(func(s kv.Store, f *faulty) {
		f.take = func(ctx context.Context, key string) ([]byte, error) {
			v, err := s.Get(ctx, key)
			gap()
			if err == nil {
				err = s.Delete(ctx, key)
			}
			return v, err
		}
	}), []string{
		"of many who Take one key at once exactly one gets the value",
		"of many who Add and Take one key at once, every value that went in comes out once",
	}},
	{"Take does not delete", with(func(s kv.Store, f *faulty) { f.take = s.Get }), []string{
		"Take answers the value once", "after Take or Delete the key is free for Add",
	}},
	{"Add reads, then sets", with(func(s kv.Store, f *faulty) {
		f.add = func(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
			_, err := s.Get(ctx, key)
			gap()
			if !errors.Is(err, kv.ErrNotFound) {
				return false, err
			}
			return true, s.Set(ctx, key, value, ttl)
		}
	}), []string{"of many who Add one key at once exactly one is told true, and its value stays"}},
	{"Add always sets", with(func(s kv.Store, f *faulty) {
		f.add = func(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
			return true, s.Set(ctx, key, value, ttl)
		}
	}), []string{"Add stores only where nothing is", "Add finds an empty value there"}},
	{"a refused Add prolongs", with(func(s kv.Store, f *faulty) {
		f.add = func(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
			held, err := s.Get(ctx, key)
			if err == nil {
				return false, s.Set(ctx, key, held, ttl)
			}
			return s.Add(ctx, key, value, ttl)
		}
	}), []string{"a refused Add does not prolong what is there"}},
	{"Count reads, then sets", with(func(_ kv.Store, f *faulty) {
		var mu sync.Mutex
		counters := make(map[string]int64)
		read := func(key string) int64 { mu.Lock(); defer mu.Unlock(); return counters[key] }
		f.count = func(_ context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
			n := max(read(key)+delta, 0)
			gap()
			mu.Lock()
			defer mu.Unlock()
			counters[key] = n
			return n, ttl, nil
		}
	}), []string{"Count loses no hit, and every caller sees another value", "hits and refunds at once add up"}},
	{"every hit moves the window", with(slidingWindow), []string{
		"the first hit fixes the window: later ones never move its end", "a longer or shorter ttl of a later hit changes nothing",
	}},
	{"Count adds one, whatever delta says", with(func(s kv.Store, f *faulty) {
		f.count = func(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
			return s.Count(ctx, key, min(delta, 1), ttl)
		}
	}), []string{"Count adds and answers the new value", "counters take every key that values take"}},
	{"one counter for all keys", with(func(s kv.Store, f *faulty) {
		f.count = func(ctx context.Context, _ string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
			return s.Count(ctx, "n", delta, ttl)
		}
	}), []string{"counters do not disturb one another", "counters take every key that values take"}},
	{"Set leaves what is there", with(func(s kv.Store, f *faulty) {
		f.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
			_, err := s.Add(ctx, key, value, ttl)
			return err
		}
	}), []string{"Set replaces what was there", "Set gives a new life"}},
	{"refunds go below 0", with(func(s kv.Store, f *faulty) {
		var mu sync.Mutex
		debt := make(map[string]int64)
		f.count = func(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
			mu.Lock()
			defer mu.Unlock()
			n, left, err := s.Count(ctx, key, delta, ttl)
			if delta < 0 && n == 0 {
				debt[key] += delta
			}
			return n + debt[key], left, err
		}
	}), []string{"a refund opens no window", "a refund never goes below 0 and leaves the window open"}},
	{"a reading opens a window", with(func(s kv.Store, f *faulty) {
		f.count = func(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
			if delta == 0 {
				_, _, _ = s.Count(ctx, key, 1, ttl)
				delta = -1
			}
			return s.Count(ctx, key, delta, ttl)
		}
	}), []string{"Count 0 reads and opens no window", "Delete closes the window"}},
	{"nothing expires", func(t *testing.T, now func() time.Time) kv.Store {
		born := now()
		return openKV(t, func() time.Time { return born })
	}, []string{
		"an expired value is absent for Get, Take and Add", "what Add stored expires too", "a counter begins anew when its window is over",
		"a ttl below a millisecond is still a ttl", "Set gives a new life",
	}},
	{"everything expires at once", with(func(s kv.Store, f *faulty) {
		f.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
			return s.Set(ctx, key, value, ttl/2)
		}
	}), []string{"a value lives until its ttl is over"}},
	{"Get prolongs", with(func(s kv.Store, f *faulty) {
		f.get = func(ctx context.Context, key string) ([]byte, error) {
			v, err := s.Get(ctx, key)
			if err == nil {
				err = s.Set(ctx, key, v, long)
			}
			return v, err
		}
	}), []string{"Get does not prolong"}},
	{"a ttl below a millisecond is refused", with(func(s kv.Store, f *faulty) {
		f.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
			if ttl < time.Millisecond {
				return errors.New("invalid expire time")
			}
			return s.Set(ctx, key, value, ttl)
		}
	}), []string{"a ttl below a millisecond is still a ttl"}},
	{"the context is not looked at", func(t *testing.T, now func() time.Time) kv.Store {
		return detached{openKV(t, now)}
	}, []string{"a cancelled context does nothing and is reported"}},
	{"an unknown key is an empty value", with(func(s kv.Store, f *faulty) {
		f.get = func(ctx context.Context, key string) ([]byte, error) {
			v, err := s.Get(ctx, key)
			if errors.Is(err, kv.ErrNotFound) {
				err = nil
			}
			return v, err
		}
	}), []string{"a key that holds nothing is ErrNotFound"}},
	{"Delete stops at the first key", with(func(s kv.Store, f *faulty) {
		f.delete = func(ctx context.Context, keys ...string) error { return s.Delete(ctx, keys[:min(len(keys), 1)]...) }
	}), []string{"Delete removes every key it names, and those only", "deleting what is not there is no error"}},
	{"Delete of an unknown key fails", with(func(s kv.Store, f *faulty) {
		f.delete = func(ctx context.Context, keys ...string) error {
			for _, k := range keys {
				if _, err := s.Get(ctx, k); err != nil {
					return err
				}
			}
			return s.Delete(ctx, keys...)
		}
	}), []string{"deleting what is not there is no error"}},
	{"Delete takes what begins like the key", with(func(s kv.Store, f *faulty) {
		seen := make(map[string]bool)
		f.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
			seen[key] = true
			return s.Set(ctx, key, value, ttl)
		}
		f.delete = func(ctx context.Context, keys ...string) error {
			for _, k := range keys {
				for other := range seen {
					if strings.HasPrefix(other, k) {
						_ = s.Delete(ctx, other)
					}
				}
			}
			return nil
		}
	}), []string{"a key that is the beginning of another is a different key"}},
	{"keys are cut at NUL", withKeys(func(k string) string { k, _, _ = strings.Cut(k, "\x00"); return k }), []string{
		"a key is bytes and means nothing to the store", "counters take every key that values take",
	}},
	{"keys are repaired to UTF-8", withKeys(func(k string) string { return strings.ToValidUTF8(k, "\uFFFD") }), []string{
		"a key is bytes and means nothing to the store",
	}},
	{"keys are cut at 1 KiB", withKeys(func(k string) string { return k[:min(len(k), 1024)] }), []string{
		"a key is bytes and means nothing to the store",
	}},
	{"keys have no case", withKeys(strings.ToLower), []string{"a key is bytes and means nothing to the store"}},
	{"values are cut at NUL", with(func(s kv.Store, f *faulty) {
		f.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
			value, _, _ = bytes.Cut(value, []byte{0})
			return s.Set(ctx, key, value, ttl)
		}
	}), []string{"what was set is read back byte for byte, empty and large values too"}},
	{"what comes out is shared", with(func(s kv.Store, f *faulty) {
		shared := make(map[string][]byte)
		f.get = func(ctx context.Context, key string) ([]byte, error) {
			if v, ok := shared[key]; ok {
				return v, nil
			}
			v, err := s.Get(ctx, key)
			shared[key] = v
			return v, err
		}
	}), []string{"what goes in and what comes out is not shared with the caller"}},
}

// slidingWindow is a counter whose every hit opens its window anew.
func slidingWindow(s kv.Store, f *faulty) {
	var mu sync.Mutex
	f.count = func(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
		mu.Lock()
		defer mu.Unlock()
		n := int64(0)
		if v, err := s.Get(ctx, key); err == nil {
			n = int64(binary.BigEndian.Uint64(v))
		}
		n = max(n+delta, 0)
		return n, ttl, s.Set(ctx, key, binary.BigEndian.AppendUint64(nil, uint64(n)), ttl)
	}
}

// detached looks at no context.
type detached struct{ kv.Store }

func (d detached) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return d.Store.Set(context.WithoutCancel(ctx), key, value, ttl)
}

// withKeys makes a store that changes keys before it uses them.
func withKeys(change func(string) string) Open[kv.Store] {
	return with(func(s kv.Store, f *faulty) {
		f.set = func(ctx context.Context, key string, value []byte, ttl time.Duration) error {
			return s.Set(ctx, change(key), value, ttl)
		}
		f.get = func(ctx context.Context, key string) ([]byte, error) { return s.Get(ctx, change(key)) }
		f.count = func(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
			return s.Count(ctx, change(key), delta, ttl)
		}
	})
}
