package storetest

import (
	"bytes"
	"context"
	"time"

	"github.com/crafteasy/auth/kv"
)

// long is a ttl that no rule outlives.
const long = time.Hour

var kvValueRules = []rule[kv.Store]{
	{"what was set is read back byte for byte, empty and large values too", func(t tb, s kv.Store, _ *clock) {
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		for name, v := range map[string][]byte{
			"empty": {}, "nil": nil, "text": []byte("v"), "every byte": every, "64 KiB": bytes.Repeat(every, 256),
		} {
			noError(t, s.Set(t.Context(), name, v, long), "Set "+name)
			wantValue(t, s, name, v)
			got, err := s.Take(t.Context(), name)
			noError(t, err, "Take "+name)
			same(t, string(got), string(v), "Take "+name)
			added, err := s.Add(t.Context(), name, v, long)
			noError(t, err, "Add "+name)
			same(t, added, true, "Add "+name)
			wantValue(t, s, name, v)
		}
	}},
	{"Set replaces what was there", func(t tb, s kv.Store, _ *clock) {
		noError(t, s.Set(t.Context(), "k", []byte("old"), long), "Set")
		noError(t, s.Set(t.Context(), "k", []byte("new"), long), "Set again")
		wantValue(t, s, "k", []byte("new"))
	}},
	{"a key that holds nothing is ErrNotFound", func(t tb, s kv.Store, _ *clock) {
		wantAbsent(t, s, "k")
		_, err := s.Take(t.Context(), "k")
		wantError(t, err, kv.ErrNotFound, "Take")
	}},
	{"Delete removes every key it names, and those only", func(t tb, s kv.Store, _ *clock) {
		for _, k := range []string{"a", "b", "c", "d"} {
			noError(t, s.Set(t.Context(), k, []byte(k), long), "Set")
		}
		noError(t, s.Delete(t.Context(), "a", "b", "c"), "Delete")
		for _, k := range []string{"a", "b", "c"} {
			wantAbsent(t, s, k)
		}
		wantValue(t, s, "d", []byte("d"))
	}},
	{"deleting what is not there is no error", func(t tb, s kv.Store, _ *clock) {
		noError(t, s.Set(t.Context(), "k", []byte("v"), long), "Set")
		noError(t, s.Delete(t.Context()), "Delete of no key")
		noError(t, s.Delete(t.Context(), "x"), "Delete of an unknown key")
		noError(t, s.Delete(t.Context(), "x", "k", "x"), "Delete of an unknown and a known key")
		wantAbsent(t, s, "k")
	}},
	{"what goes in and what comes out is not shared with the caller", func(t tb, s kv.Store, _ *clock) {
		in := []byte("value")
		noError(t, s.Set(t.Context(), "set", in, long), "Set")
		_, err := s.Add(t.Context(), "add", in, long)
		noError(t, err, "Add")
		in[0] = 'X'
		for _, k := range []string{"set", "add"} {
			wantValue(t, s, k, []byte("value"))
			out, err := s.Get(t.Context(), k)
			noError(t, err, "Get")
			out[0] = 'Y'
			_ = append(out[:1], "ZZZZ"...)
			wantValue(t, s, k, []byte("value"))
		}
	}},
	{"a cancelled context does nothing and is reported", func(t tb, s kv.Store, _ *clock) {
		noError(t, s.Set(t.Context(), "k", []byte("v"), long), "Set")
		_, _, err := s.Count(t.Context(), "n", 1, long)
		noError(t, err, "Count")

		ctx := cancelled(t)
		for verb, err := range map[string]error{
			"Set":    s.Set(ctx, "k", []byte("w"), long),
			"Add":    second(s.Add(ctx, "new", []byte("w"), long)),
			"Get":    second(s.Get(ctx, "k")),
			"Take":   second(s.Take(ctx, "k")),
			"Count":  countError(ctx, s, "n"),
			"Delete": s.Delete(ctx, "k"),
		} {
			wantError(t, err, context.Canceled, verb)
		}
		wantValue(t, s, "k", []byte("v"))
		wantAbsent(t, s, "new")
		n, _, err := s.Count(t.Context(), "n", 0, long)
		noError(t, err, "Count")
		same(t, n, 1, "the counter")
	}},
}

func second[V any](_ V, err error) error { return err }

func countError(ctx context.Context, s kv.Store, key string) error {
	_, _, err := s.Count(ctx, key, 1, long)
	return err
}

func wantValue(t tb, s kv.Store, key string, want []byte) {
	t.Helper()
	got, err := s.Get(t.Context(), key)
	noError(t, err, "Get")
	if !bytes.Equal(got, want) {
		t.Fatalf("Get: %d bytes %.40q, want %d bytes %.40q", len(got), got, len(want), want)
	}
}

func wantAbsent(t tb, s kv.Store, key string) {
	t.Helper()
	_, err := s.Get(t.Context(), key)
	wantError(t, err, kv.ErrNotFound, "Get")
}
