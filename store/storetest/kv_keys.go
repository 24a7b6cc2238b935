package storetest

import (
	"strings"

	"github.com/crafteasy/auth/kv"
)

// hostileKeys mean something to one back end or another, and must mean nothing here.
func hostileKeys() []string {
	long := strings.Repeat("k", kv.MaxKey-1)
	return []string{
		"", " ", "k", "k ", " k", "K", "k\x00", "\x00k", "k\n", "k\r\n", "*", "k*", "?", "[a-z]", "$", "$where", "$ne", "a.b", "a..b", ".", "..",
		"{", "}", "{}", "{k}", "{k}a", "{k}b", "{k", "k}", ":", "::", "k:", "/", "\\", "'", "\"", "`", `{"$gt":""}`, "%s", "%00", "_id", "__proto__",
		"\xff\xfe", "\xc3", "\xc3\x28", "\u00e9", "e\u0301", "\U0001F511", long + "a", long + "b",
	}
}

var kvKeyRules = []rule[kv.Store]{
	{"a key is bytes and means nothing to the store", func(t tb, s kv.Store, _ *clock) {
		keys := hostileKeys()
		for _, k := range keys {
			noError(t, s.Set(t.Context(), k, []byte("value of "+k), long), "Set")
		}
		for _, k := range keys {
			wantValue(t, s, k, []byte("value of "+k))
			added, err := s.Add(t.Context(), k, nil, long)
			noError(t, err, "Add")
			same(t, added, false, "Add")
		}
		for i, k := range keys {
			if i%2 == 0 {
				noError(t, s.Delete(t.Context(), k), "Delete")
			} else {
				got, err := s.Take(t.Context(), k)
				noError(t, err, "Take")
				same(t, string(got), "value of "+k, "Take")
			}
			wantAbsent(t, s, k)
			for _, other := range keys[i+1:] {
				wantValue(t, s, other, []byte("value of "+other))
			}
		}
	}},
	{"counters take every key that values take", func(t tb, s kv.Store, _ *clock) {
		keys := hostileKeys()
		for i, k := range keys {
			wantCount(t, s, k, int64(i+1), int64(i+1))
		}
		for i, k := range keys {
			wantCount(t, s, k, 0, int64(i+1))
		}
	}},
	{"a key that is the beginning of another is a different key", func(t tb, s kv.Store, _ *clock) {
		keys := []string{"otp", "otp:", "otp:a", "otp:a:", "otp:a:b", "otp:ab"}
		for i, k := range keys {
			noError(t, s.Set(t.Context(), k, []byte(k), long), "Set")
			for _, later := range keys[i+1:] {
				wantAbsent(t, s, later)
			}
		}
		for i, k := range keys {
			noError(t, s.Delete(t.Context(), k), "Delete")
			for _, later := range keys[i+1:] {
				wantValue(t, s, later, []byte(later))
			}
		}
	}},
	{"Delete takes hundreds of keys, hostile ones among them", func(t tb, s kv.Store, _ *clock) {
		keys := hostileKeys()
		for _, k := range keys {
			noError(t, s.Set(t.Context(), k, nil, long), "Set")
		}
		for i := range 300 {
			keys = append(keys, strings.Repeat("absent", i+2))
		}
		noError(t, s.Delete(t.Context(), keys...), "Delete")
		for _, k := range keys {
			wantAbsent(t, s, k)
		}
	}},
}
