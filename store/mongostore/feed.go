package mongostore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/session"
)

var _ session.Feed = (*sessions)(nil)

// What ends something says so in the document that ends it, by fields that no other document has: whose feed it is in, what it ends, and
// when it was changed. That time is the replica set's own (a BSON timestamp), which runs forward whoever is primary. A command takes
// it before others can see what it has done, so that two may become visible in the other order: each question therefore looks back by
// more than any command lasts.
const (
	fieldFeed    = "feed"
	fieldChanged = "changed"
)

// feedIndex finds what was changed last.
var feedIndex = bson.D{{Key: fieldFeed, Value: 1}, {Key: fieldChanged, Value: 1}}

// toldDoc is a document that ends something, as its feed tells it: a mark, or an epoch where there is one.
type toldDoc struct {
	User      text           `bson:"of"`
	Session   text           `bson:"session"`
	Token     text           `bson:"token"`
	At        bson.DateTime  `bson:"at"`
	ExpiresAt bson.DateTime  `bson:"expires_at"`
	Epoch     int64          `bson:"epoch"`
	Except    text           `bson:"except"`
	Changed   bson.Timestamp `bson:"changed"`
}

// beginDoc says since when every change is told, in a store whose floor an older version set.
type beginDoc struct {
	ID    bson.Binary   `bson:"_id"`
	Since bson.DateTime `bson:"since"`
}

func (s *sessions) feedID() bson.Binary { return s.id("feed") }

// told completes an update of a document that ends something.
func (s *sessions) told(change bson.D, userID, sessionID, tokenID string) bson.D {
	fields := []bson.E{
		field(fieldFeed, s.feedID()), field("of", text(userID)), field("session", text(sessionID)), field("token", text(tokenID)),
	}
	stamp := bson.E{Key: "$currentDate", Value: bson.D{{Key: fieldChanged, Value: bson.D{{Key: "$type", Value: "timestamp"}}}}}
	for i, e := range change {
		if own, ok := e.Value.(bson.D); ok && e.Key == "$set" {
			change[i].Value = slices.Concat(own, fields)
			return append(change, stamp)
		}
	}
	return append(append(change, set(fields...)...), stamp)
}

const (
	// page is how many documents one answer holds.
	page = 2000
	// mostLate is how many ends may lie so far ahead that their change is older than the life of one. They are of API keys alone.
	mostLate = 10_000
	// leastLookBack is how far a question looks back at least.
	leastLookBack = 10 * time.Second
)

var errLate = errors.New("mongostore: more ends lie far ahead than a feed can hold")

// place is a cursor: the floor as it was, the last change that was read, and whether the reading is under way.
type place struct {
	floor  int64
	last   bson.Timestamp
	inside bool
}

func (p place) cursor() session.Cursor {
	return session.Cursor(fmt.Sprintf("%d %d %d %t", p.floor, p.last.T, p.last.I, p.inside))
}

func placeOf(c session.Cursor) (p place, ok bool) {
	n, err := fmt.Sscanf(string(c), "%d %d %d %t", &p.floor, &p.last.T, &p.last.I, &p.inside)
	return p, err == nil && n == 4 && p.cursor() == c
}

// from is where a question begins.
func (p place) from(lookBack time.Duration) bson.Timestamp {
	if p.inside {
		return p.last
	}
	seconds := uint32(lookBack/time.Second) + 1 //nolint:gosec // minutes at most
	if p.last.T < seconds {
		return bson.Timestamp{}
	}
	return bson.Timestamp{T: p.last.T - seconds}
}

// Changes answers what was ended since the cursor, in two round trips, and three at the beginning.
func (s *sessions) Changes(ctx context.Context, after session.Cursor) (session.Changes, error) {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return session.Changes{}, err
	}
	defer done()
	docs, err := s.look(ctx, s.floorID(), s.feedID())
	if err != nil {
		return session.Changes{}, err
	}
	floor, err := docs.epoch(s.floorID(), session.Emptied)
	if err != nil || floor.Epoch == session.Emptied {
		return session.Changes{Floor: session.Emptied, Whole: true, Restart: true}, err
	}
	c := session.Changes{Floor: floor.Epoch}
	if c.Whole, err = s.wholeFeed(ctx, docs, floor); err != nil {
		return session.Changes{}, err
	}
	at, ok := placeOf(after)
	// A floor that went back comes of other data: a backup that was put back.
	if !ok || floor.Epoch < at.floor {
		c.Restart = true
		if at, err = s.beginning(ctx, &c); err != nil {
			return session.Changes{}, err
		}
	}
	at.floor = floor.Epoch
	return c, s.goOn(ctx, &c, at)
}

// wholeFeed reports whether all changes of a life were told.
func (s *sessions) wholeFeed(ctx context.Context, docs known, floor epochDoc) (bool, error) {
	if floor.Fed {
		return true, nil
	}
	begun := beginDoc{ID: s.feedID(), Since: date(s.now())}
	found, err := docs.read(s.feedID(), &begun)
	if err == nil && !found {
		_, err = s.insert(ctx, begun)
	}
	return s.now().Sub(instant(begun.Since)) > session.ChangeLife, err
}

// beginning reads what was changed longer ago than the life of a change and matters still, and answers where the rest begins.
func (s *sessions) beginning(ctx context.Context, c *session.Changes) (place, error) {
	now := s.now()
	bound := bson.Timestamp{T: seconds(now.Add(-session.ChangeLife))}
	var late []toldDoc
	filter := bson.D{eq(fieldFeed, s.feedID()), below(fieldChanged, bound), above(fieldExpires, date(now))}
	if err := s.findAll(ctx, filter, mostLate, nil, &late); err != nil {
		return place{}, err
	}
	if len(late) == mostLate {
		return place{}, errLate
	}
	tell(c, late)
	return place{last: bound, inside: true}, nil
}

// goOn reads a page.
func (s *sessions) goOn(ctx context.Context, c *session.Changes, at place) error {
	var docs []toldDoc
	from := at.from(max(leastLookBack, 3*s.opts.Timeout))
	filter := bson.D{eq(fieldFeed, s.feedID()), atLeast(fieldChanged, from)}
	if err := s.findAll(ctx, filter, page, bson.D{{Key: fieldChanged, Value: 1}}, &docs); err != nil {
		return err
	}
	tell(c, docs)
	if n := len(docs); n > 0 {
		if last := docs[n-1].Changed; last.After(at.last) || n == page {
			at.last = last
		}
	}
	c.More = len(docs) == page
	at.inside = c.More
	c.Next = at.cursor()
	return nil
}

func tell(c *session.Changes, docs []toldDoc) {
	for _, d := range docs {
		if d.Epoch > 0 {
			c.Moved = append(c.Moved, session.Move{UserID: string(d.User), Epoch: d.Epoch, Except: string(d.Except)})
			continue
		}
		c.Revoked = append(c.Revoked, session.Revocation{
			UserID: string(d.User), SessionID: string(d.Session), TokenID: string(d.Token), At: instant(d.At), Until: instant(d.ExpiresAt),
		})
	}
}

// seconds is a time as timestamps count it.
func seconds(t time.Time) uint32 {
	return uint32(min(max(t.Unix(), 0), math.MaxUint32))
}
