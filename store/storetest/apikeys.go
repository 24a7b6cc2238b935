package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/crafteasy/auth/apikey"
)

// APIKeys checks a back end for API keys.
func APIKeys(t *testing.T, open Open[apikey.Store]) {
	t.Helper()
	run(t, open, apiKeyRules)
}

// aKey is a key of the owner that was made at a time.
func aKey(c *clock, ownerID, id string) apikey.Key {
	return apikey.Key{
		ID: id, OwnerID: ownerID, Name: id, CreatedAt: c.Now(), Version: 1,
		Secrets: []apikey.Secret{{Prefix: "ak_" + id, Hash: hash(1), Generation: "g", CreatedAt: c.Now()}},
	}
}

func mustCreate(t tb, s apikey.Store, k apikey.Key) apikey.Key {
	t.Helper()
	noError(t, s.Create(t.Context(), k), "Create")
	return k
}

func wantKey(t tb, s apikey.Store, want apikey.Key) {
	t.Helper()
	got, err := s.Load(t.Context(), want.ID)
	noError(t, err, "Load")
	sameRecord(t, got, want, "Load")
}

func wantNoKey(t tb, s apikey.Store, id string) {
	t.Helper()
	wantError(t, second(s.Load(t.Context(), id)), apikey.ErrNotFound, "Load")
}

// wantKeys demands the ids of the owner's keys, in order.
func wantKeys(t tb, s apikey.Store, ownerID string, limit int, ids ...string) {
	t.Helper()
	keys, err := s.List(t.Context(), ownerID, limit)
	noError(t, err, "List")
	var got []string
	for _, k := range keys {
		got = append(got, k.ID)
	}
	same(t, fmt.Sprintf("%q", got), fmt.Sprintf("%q", ids), "List")
}

func mustReplace(t tb, s apikey.Store, next apikey.Key, want bool) {
	t.Helper()
	got, err := s.Replace(t.Context(), next)
	noError(t, err, "Replace")
	same(t, got, want, "Replace")
}

var apiKeyRules = []rule[apikey.Store]{
	{"a key comes back the same in every field", func(t tb, s apikey.Store, c *clock) {
		full := filled[apikey.Key](t)
		wantKey(t, s, mustCreate(t, s, full))
		bare := apikey.Key{ID: "bare", OwnerID: anna, CreatedAt: c.Now()}
		wantKey(t, s, mustCreate(t, s, bare))
		keys, err := s.List(t.Context(), full.OwnerID, 10)
		noError(t, err, "List")
		same(t, len(keys), 1, "how many keys")
		sameRecord(t, keys[0], full, "List")
		full.Version++
		full.Secrets = full.Secrets[1:]
		full.LastUsedAt = c.Now()
		mustReplace(t, s, full, true)
		wantKey(t, s, full)
		gone, err := s.Delete(t.Context(), full.OwnerID, full.ID)
		noError(t, err, "Delete")
		sameRecord(t, gone, full, "Delete")
	}},
	{"times are kept in UTC to the millisecond", func(t tb, s apikey.Store, c *clock) {
		k := mustCreate(t, s, aKey(c, anna, "one"))
		local := k
		eachTime(&local, func(at time.Time) time.Time {
			if at.IsZero() {
				return at
			}
			return at.Add(999 * time.Microsecond).In(time.FixedZone("somewhere", 5*3600+45*60))
		})
		local.Version++
		k.Version++
		mustReplace(t, s, local, true)
		wantKey(t, s, k)
	}},
	{"what is kept shares nothing with what was given and answered", func(t tb, s apikey.Store, c *clock) {
		k := aKey(c, anna, "one")
		k.Scopes = []string{"a"}
		given := k
		given.Scopes, given.Secrets = slices.Clone(k.Scopes), slices.Clone(k.Secrets)
		given.Secrets[0].Hash = slices.Clone(k.Secrets[0].Hash)
		mustCreate(t, s, given)
		given.Scopes[0], given.Secrets[0].Hash[0] = "b", 9
		wantKey(t, s, k)
		got, err := s.Load(t.Context(), "one")
		noError(t, err, "Load")
		got.Scopes[0], got.Secrets[0].Hash[0], got.Secrets[0].Prefix = "b", 9, "b"
		wantKey(t, s, k)
	}},
	{"an id is taken for everybody: Create over another key is ErrExists and changes nothing", func(t tb, s apikey.Store, c *clock) {
		k := mustCreate(t, s, aKey(c, anna, "one"))
		wantError(t, s.Create(t.Context(), aKey(c, anna, "one")), apikey.ErrExists, "Create")
		wantError(t, s.Create(t.Context(), aKey(c, bert, "one")), apikey.ErrExists, "Create for another owner")
		wantKey(t, s, k)
		wantKeys(t, s, anna, 10, "one")
		wantKeys(t, s, bert, 10)
	}},
	{"of many who Create one id at once exactly one does", func(t tb, s apikey.Store, c *clock) {
		var all [racers]apikey.Key
		for i := range all {
			all[i] = aKey(c, fmt.Sprint("owner", i), "one")
		}
		winner := oneWinner(t, func(i int) (bool, error) {
			err := s.Create(t.Context(), all[i])
			if errors.Is(err, apikey.ErrExists) {
				return false, nil
			}
			return err == nil, err
		})
		wantKey(t, s, all[winner])
		for i := range all {
			if i != winner {
				wantKeys(t, s, all[i].OwnerID, 10)
			}
		}
		wantKeys(t, s, all[winner].OwnerID, 10, "one")
	}},
	{"what is not there is ErrNotFound, false, and an empty list", func(t tb, s apikey.Store, c *clock) {
		k := mustCreate(t, s, aKey(c, anna, "one"))
		for _, id := range []string{"", "on", "one ", "ONE", "$ne", "{}", "\x00", "*"} {
			wantNoKey(t, s, id)
			wantError(t, second(s.Delete(t.Context(), anna, id)), apikey.ErrNotFound, "Delete")
			next := aKey(c, anna, id)
			next.Version = 2
			mustReplace(t, s, next, false)
			wantNoKey(t, s, id)
		}
		wantKeys(t, s, "nobody", 10)
		wantKey(t, s, k)
	}},
	{"a key of another owner is neither replaced nor removed", func(t tb, s apikey.Store, c *clock) {
		k := mustCreate(t, s, aKey(c, anna, "one"))
		mustCreate(t, s, aKey(c, bert, "two"))
		wantError(t, second(s.Delete(t.Context(), bert, "one")), apikey.ErrNotFound, "Delete")
		next := aKey(c, bert, "one")
		next.Version = 2
		mustReplace(t, s, next, false)
		wantKey(t, s, k)
		wantKeys(t, s, anna, 10, "one")
		wantKeys(t, s, bert, 10, "two")
	}},
	{"Replace follows the version before it and no other", func(t tb, s apikey.Store, c *clock) {
		k := mustCreate(t, s, aKey(c, anna, "one"))
		for _, version := range []int64{-1, 0, 1, 3, 1 << 53} {
			next := k
			next.Name, next.Version = "changed", version
			mustReplace(t, s, next, false)
			wantKey(t, s, k)
		}
		k.Name, k.Version = "changed", 2
		mustReplace(t, s, k, true)
		mustReplace(t, s, k, false)
		wantKey(t, s, k)
	}},
	{"of many who Replace one version at once exactly one does", func(t tb, s apikey.Store, c *clock) {
		k := mustCreate(t, s, aKey(c, anna, "one"))
		for range 3 {
			k.Version++
			next := func(i int) apikey.Key {
				n := k
				n.Name = fmt.Sprint("racer", i)
				return n
			}
			k = next(oneWinner(t, func(i int) (bool, error) { return s.Replace(t.Context(), next(i)) }))
			wantKey(t, s, k)
		}
	}},
	{"of many who Delete a key at once exactly one gets it, and no Replace brings it back", func(t tb, s apikey.Store, c *clock) {
		for round := range 4 {
			k := mustCreate(t, s, aKey(c, anna, fmt.Sprint("one", round)))
			k.Version++
			oneWinner(t, func(i int) (bool, error) {
				if (i+round)%2 == 0 {
					_, err := s.Replace(t.Context(), k)
					return false, err
				}
				_, err := s.Delete(t.Context(), anna, k.ID)
				if errors.Is(err, apikey.ErrNotFound) {
					return false, nil
				}
				return err == nil, err
			})
			wantNoKey(t, s, k.ID)
			wantKeys(t, s, anna, 10)
			for range 2 {
				mustReplace(t, s, k, false)
				k.Version++
			}
			wantNoKey(t, s, k.ID)
		}
	}},
	{"List answers the newest first, and no more than asked for", func(t tb, s apikey.Store, c *clock) {
		var ids []string
		for i := range 12 {
			ids = append(ids, fmt.Sprint("key", i))
			mustCreate(t, s, aKey(c, anna, ids[i]))
			c.Advance(time.Millisecond)
		}
		mustCreate(t, s, aKey(c, bert, "his"))
		slices.Reverse(ids)
		wantKeys(t, s, anna, 100, ids...)
		wantKeys(t, s, anna, 5, ids[:5]...)
		wantKeys(t, s, anna, 0)
		_, err := s.Delete(t.Context(), anna, ids[1])
		noError(t, err, "Delete")
		wantKeys(t, s, anna, 2, ids[0], ids[2])
	}},
	{"DeleteAll removes every key of the owner, and no other", func(t tb, s apikey.Store, c *clock) {
		for _, id := range []string{"one", "two", "three"} {
			mustCreate(t, s, aKey(c, anna, id))
		}
		his := mustCreate(t, s, aKey(c, bert, "his"))
		for range 2 {
			noError(t, s.DeleteAll(t.Context(), anna), "DeleteAll")
			wantKeys(t, s, anna, 10)
			wantNoKey(t, s, "one")
			wantNoKey(t, s, "three")
		}
		wantKey(t, s, his)
		wantKeys(t, s, bert, 10, "his")
		wantKey(t, s, mustCreate(t, s, aKey(c, anna, "one")))
	}},
	{"ids and owners are bytes and mean nothing to the store", func(t tb, s apikey.Store, c *clock) {
		all := hostileKeys()
		for i, id := range all {
			k := aKey(c, all[len(all)-1-i], id)
			k.Name = fmt.Sprint(i)
			mustCreate(t, s, k)
		}
		for i, id := range all {
			k := aKey(c, all[len(all)-1-i], id)
			k.Name = fmt.Sprint(i)
			wantKey(t, s, k)
			wantKeys(t, s, k.OwnerID, 10, id)
		}
	}},
	{"a key does not end by itself", func(t tb, s apikey.Store, c *clock) {
		k := aKey(c, anna, "one")
		k.ExpiresAt = c.Now().Add(time.Hour)
		mustCreate(t, s, k)
		c.Advance(400 * 24 * time.Hour)
		mustCreate(t, s, aKey(c, anna, "two"))
		wantKey(t, s, k)
		wantKeys(t, s, anna, 10, "two", "one")
	}},
	{"a cancelled context does nothing and is reported", func(t tb, s apikey.Store, c *clock) {
		k := mustCreate(t, s, aKey(c, anna, "one"))
		next := k
		next.Version++
		ctx := cancelled(t)
		for verb, err := range map[string]error{
			"Create":    s.Create(ctx, aKey(c, anna, "two")),
			"Load":      second(s.Load(ctx, "one")),
			"List":      second(s.List(ctx, anna, 10)),
			"Replace":   second(s.Replace(ctx, next)),
			"Delete":    second(s.Delete(ctx, anna, "one")),
			"DeleteAll": s.DeleteAll(ctx, anna),
		} {
			wantError(t, err, context.Canceled, verb)
		}
		wantKey(t, s, k)
		wantNoKey(t, s, "two")
	}},
}
