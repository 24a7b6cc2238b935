package mongostore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/mongostore"
)

// fed is a store whose feed is read, and whose documents are meddled with.
type fed struct {
	session.Store
	*clock

	t               *testing.T
	docs            *mongo.Collection
	next            session.Cursor
	restarts, pages int
	whole           bool
	told            map[string]bool
}

func feeding(t *testing.T, client *mongo.Client) *fed {
	t.Helper()
	c := &clock{}
	db := emptyDatabase(t, client)
	f := &fed{
		Store: mongostore.New(db, &mongostore.Options{Now: c.Now, Timeout: patient}).Sessions(), clock: c,
		t: t, docs: db.Collection("auth_sessions"), told: map[string]bool{},
	}
	f.must(ignore(f.Epoch(t.Context(), "x", 1000)))
	return f
}

func (f *fed) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fed) end(id string) {
	f.t.Helper()
	f.must(f.Revoke(f.t.Context(), session.Revocation{UserID: "x", SessionID: id, At: f.Now(), Until: f.Now().Add(time.Hour)}))
}

// read reads to the end and forgets what it was told before.
func (f *fed) read() {
	f.t.Helper()
	clear(f.told)
	for range 100 {
		c, err := f.Store.(session.Feed).Changes(f.t.Context(), f.next)
		f.must(err)
		f.pages++
		if c.Restart {
			f.restarts++
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

func (f *fed) change(filter, change bson.D) {
	f.t.Helper()
	r, err := f.docs.UpdateOne(f.t.Context(), filter, change)
	f.must(err)
	if r.MatchedCount != 1 {
		f.t.Fatalf("%v matches %d documents", filter, r.MatchedCount)
	}
}

// TestAFeedLooksBack: what became visible after later changes is told, if its command lasted no longer than one may.
func TestAFeedLooksBack(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		f := feeding(t, client)
		f.end("early")
		f.end("late")
		f.read()
		f.end("new")
		stamp := func(id string, ago time.Duration) {
			f.change(bson.D{{Key: "session", Value: id}}, bson.D{{Key: "$set", Value: bson.D{{Key: "changed", Value: bson.Timestamp{T: uint32(time.Now().Add(-ago).Unix())}}}}})
		}
		stamp("early", time.Hour)
		stamp("new", patient)
		f.read()
		if !f.told["new"] || f.told["early"] {
			t.Errorf("told: %v", f.told)
		}
		if f.restarts != 1 {
			t.Errorf("begun %d times", f.restarts)
		}
	})
}

// TestAFeedThatIsNotWhole: documents of an older version tell of nothing until those of their time are over.
func TestAFeedThatIsNotWhole(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		f := feeding(t, client)
		f.read()
		if !f.whole {
			t.Error("a new store is not whole")
		}
		f.change(bson.D{{Key: "fed", Value: true}}, bson.D{{Key: "$unset", Value: bson.D{{Key: "fed", Value: ""}}}})
		for range 2 {
			f.read()
			if f.whole {
				t.Error("a store of an older version is whole")
			}
			f.Advance(session.ChangeLife - time.Minute)
			f.read()
			if f.whole {
				t.Error("it is whole too soon")
			}
			f.Advance(-session.ChangeLife + time.Minute)
		}
		f.Advance(session.ChangeLife + time.Second)
		f.read()
		if !f.whole {
			t.Error("it never becomes whole")
		}
	})
}

// TestAFloorThatWentBack is other data: whoever follows begins anew.
func TestAFloorThatWentBack(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		f := feeding(t, client)
		f.end("a")
		f.read()
		f.change(bson.D{{Key: "fed", Value: true}}, bson.D{{Key: "$set", Value: bson.D{{Key: "epoch", Value: int64(7)}}}})
		f.read()
		if f.restarts != 2 || !f.told["a"] {
			t.Errorf("begun %d times, told %v", f.restarts, f.told)
		}
		f.must(f.docs.Drop(context.WithoutCancel(t.Context())))
		c, err := f.Store.(session.Feed).Changes(t.Context(), f.next)
		if err != nil || c.Floor != session.Emptied || !c.Restart {
			t.Errorf("an emptied store: %+v, %v", c, err)
		}
	})
}

// TestALongFeed is read page by page.
func TestALongFeed(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		f := feeding(t, client)
		f.end("first")
		var first bson.M
		f.must(f.docs.FindOne(t.Context(), bson.D{{Key: "session", Value: "first"}}).Decode(&first))
		const n = 4500
		more := make([]any, n)
		for i := range more {
			more[i] = bson.D{
				{Key: "_id", Value: bson.Binary{Data: fmt.Appendf(nil, "%d", i)}},
				{Key: "feed", Value: first["feed"]},
				{Key: "of", Value: "x"},
				{Key: "session", Value: fmt.Sprint(i)},
				{Key: "token", Value: ""},
				{Key: "at", Value: first["at"]},
				{Key: "expires_at", Value: first["expires_at"]},
				{Key: "changed", Value: bson.Timestamp{T: uint32(time.Now().Unix()), I: uint32(1_000_000 + i)}},
			}
		}
		_, err := f.docs.InsertMany(t.Context(), more)
		f.must(err)
		f.read()
		if len(f.told) != n+1 || f.pages != 3 || f.restarts != 1 {
			t.Errorf("%d ends in %d pages, begun %d times", len(f.told), f.pages, f.restarts)
		}
	})
}
