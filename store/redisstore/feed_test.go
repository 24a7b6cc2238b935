package redisstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/redisstore"
)

// fed is a store whose feed is read and meddled with.
type fed struct {
	session.Store

	t               *testing.T
	rdb             redis.UniversalClient
	floor, feed     string
	next            session.Cursor
	restarts, pages int
	told            map[string]bool
	whole           bool
}

func feeding(t *testing.T, rdb redis.UniversalClient) *fed {
	t.Helper()
	p := random()
	f := &fed{
		Store: redisstore.New(rdb, &redisstore.Options{Prefix: p}).Sessions(), t: t, rdb: rdb,
		floor: p + ":floor", feed: p + ":{" + p + ":floor}:feed", told: map[string]bool{},
	}
	f.begin()
	return f
}

// begin sets a floor.
func (f *fed) begin() {
	f.t.Helper()
	f.must(second2(f.Epoch(f.t.Context(), "anna", time.Now().UnixMilli())))
}

func second2[V any](_ V, err error) error { return err }

func (f *fed) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// end ends sessions.
func (f *fed) end(ids ...string) {
	f.t.Helper()
	for _, id := range ids {
		f.must(f.Revoke(f.t.Context(), session.Revocation{UserID: "anna", SessionID: id, At: present, Until: time.Now().Add(time.Hour)}))
	}
}

// read reads to the end.
func (f *fed) read() {
	f.t.Helper()
	for range 100 {
		c, err := f.Store.(session.Feed).Changes(f.t.Context(), f.next)
		f.must(err)
		f.pages++
		if c.Restart {
			f.restarts++
			clear(f.told)
		}
		for _, r := range c.Revoked {
			f.told[r.SessionID] = true
		}
		f.next, f.whole = c.Next, c.Whole
		if !c.More {
			return
		}
	}
	f.t.Fatal("there is always more")
}

func (f *fed) wantTold(ids string) {
	f.t.Helper()
	for _, id := range strings.Fields(ids) {
		if !f.told[id] {
			f.t.Errorf("%s was ended, and is not told: %v", id, f.told)
		}
	}
}

// TestLossOfTheFeed: whoever follows the feed notices that it does not go on where it was left, and believes it again when all that
// was lost has no life left.
func TestLossOfTheFeed(t *testing.T) {
	for _, c := range []struct {
		name  string
		lose  func(f *fed)
		told  string
		again bool // it begins anew
		whole bool
	}{
		{"nothing is lost", func(f *fed) { f.end("c") }, "a b c", false, true},
		{"the stream, and nothing comes after it", func(f *fed) { f.rdb.Del(f.t.Context(), f.feed) }, "a b", false, true},
		{"the stream, and more comes", func(f *fed) { f.rdb.Del(f.t.Context(), f.feed); f.end("c") }, "a b c", false, true},
		{"more comes, and then the stream", func(f *fed) { f.end("c"); f.rdb.Del(f.t.Context(), f.feed) }, "", true, false},
		{"more comes, then the stream, then more", func(f *fed) { f.end("c"); f.rdb.Del(f.t.Context(), f.feed); f.end("d") }, "d", true, false},
		{"all data", func(f *fed) { f.rdb.Del(f.t.Context(), f.feed, f.floor); f.begin(); f.end("c") }, "c", true, true},
		{"the floor alone, and the data begins anew", func(f *fed) { f.rdb.Del(f.t.Context(), f.floor); f.begin(); f.end("c") }, "c", true, true},
		{"the floor alone, and something is ended before there is one", func(f *fed) { f.rdb.Del(f.t.Context(), f.floor); f.end("c"); f.begin() }, "c", true, true},
		{"the last second, which another server makes up for", func(f *fed) {
			// A failover: the new master has neither "b" nor what was told then, and goes on from "a".
			entries := f.rdb.XRange(f.t.Context(), f.feed, "-", "+").Val()
			f.rdb.XDel(f.t.Context(), f.feed, entries[1].ID)
			f.rdb.HSet(f.t.Context(), f.floor, "feed", entries[1].Values["after"])
			f.end("c", "d")
		}, "a c d", true, true},
		{"what an older version has ended", func(f *fed) { f.rdb.HDel(f.t.Context(), f.floor, "feed"); f.end("c") }, "c", true, false},
		{"what a life ago was the last, which nobody trims", func(f *fed) {
			f.rdb.HSet(f.t.Context(), f.floor, "feed", fmt.Sprintf("%d-0/x", time.Now().Add(-session.ChangeLife-time.Minute).UnixMilli()))
			f.rdb.Del(f.t.Context(), f.feed)
			f.end("c")
		}, "c", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := feeding(t, single(t))
			f.end("a", "b")
			f.read()
			f.wantTold("a b")
			before := f.restarts
			c.lose(f)
			f.read()
			f.wantTold(c.told)
			if again := f.restarts > before; again != c.again || f.whole != c.whole {
				t.Errorf("begins anew: %v, whole: %v, want %v and %v", again, f.whole, c.again, c.whole)
			}
			f.end("z")
			f.read()
			f.wantTold("z")
			if f.whole != c.whole {
				t.Errorf("whole with the next end: %v", f.whole)
			}
		})
	}
}

// TestAnEmptiedFeed has no floor, which is all that anybody needs to know.
func TestAnEmptiedFeed(t *testing.T) {
	rdb := single(t)
	f := feeding(t, rdb)
	f.end("a")
	f.read()
	if err := rdb.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	c, err := f.Store.(session.Feed).Changes(t.Context(), f.next)
	if err != nil || c.Floor != session.Emptied || !c.Restart {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestWhatCannotBeAnnouncedFails: no verb succeeds whose end no mirror would learn of.
func TestWhatCannotBeAnnouncedFails(t *testing.T) {
	for name, rdb := range map[string]redis.UniversalClient{"one node": single(t), "a cluster": cluster(t)} {
		t.Run(name, func(t *testing.T) {
			f := feeding(t, rdb)
			f.must(rdb.Set(t.Context(), f.feed, "in the way", time.Minute).Err())
			if err := f.Revoke(t.Context(), session.Revocation{UserID: "anna", SessionID: "s", At: present, Until: present.Add(time.Hour)}); err == nil {
				t.Error("Revoke succeeds")
			}
			if _, err := f.MoveEpoch(t.Context(), "anna", "", present.UnixMilli()); err == nil {
				t.Error("MoveEpoch succeeds")
			}
			// Doing it again does all of it.
			f.must(rdb.Del(t.Context(), f.feed).Err())
			f.end("s")
			f.read()
			f.wantTold("s")
		})
	}
}

// TestALongFeed is read page by page, and what is over is trimmed.
func TestALongFeed(t *testing.T) {
	f := feeding(t, single(t))
	const n = 12_000
	pipe := f.rdb.Pipeline()
	before := "0-0/"
	for i := range n {
		id := fmt.Sprintf("%d-0", i+1)
		pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: f.feed, ID: id, Values: []any{"after", before, "mark", "m", "change", fmt.Sprintf(`{"Session":"s%d"}`, i)}})
		before = id + "/m"
	}
	pipe.HSet(t.Context(), f.floor, "feed", before)
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.read()
	if len(f.told) != n || f.pages != 3 || f.restarts != 1 {
		t.Errorf("%d ends in %d pages, begun %d times", len(f.told), f.pages, f.restarts)
	}
	f.end("a") // 1970 is longer ago than the life of a change
	if left := f.rdb.XLen(t.Context(), f.feed).Val(); left > n/4 {
		t.Errorf("%d entries are left", left)
	}
	f.read()
	f.wantTold("a s1")
	if f.restarts != 1 {
		t.Error("what was trimmed after it was read makes the feed begin anew")
	}
	late := &fed{Store: f.Store, t: t, rdb: f.rdb, told: map[string]bool{}}
	late.read()
	late.wantTold("a")
	if !late.whole {
		t.Error("what was trimmed because it is over is missed")
	}
}

// TestWhatEndsLateOutlivesTheStream: the sorted set holds it.
func TestWhatEndsLateOutlivesTheStream(t *testing.T) {
	f := feeding(t, single(t))
	at := time.Now().Add(24 * time.Hour)
	f.must(f.Revoke(t.Context(), session.Revocation{UserID: "anna", SessionID: "key", At: at, Until: at.Add(time.Hour)}))
	f.end("a")
	f.must(f.rdb.XTrimMaxLen(t.Context(), f.feed, 0).Err())
	f.read()
	f.wantTold("key")
}
