package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// counter is a document that counts within a window.
type counter struct {
	ID        bson.Binary   `bson:"_id"`
	N         int64         `bson:"n"`
	ExpiresAt bson.DateTime `bson:"expires_at"`
}

func (e *expiring) counterID(key string) bson.Binary { return e.id("counter", key) }

// left is what is left of the window.
func (c *counter) left(now time.Time) time.Duration { return instant(c.ExpiresAt).Sub(now) }

// Count adds delta to a counter whose window the first hit fixes, in one round trip, or two where a window is over.
func (e *expiring) Count(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer done()
	id, now := e.counterID(key), e.now()
	var c counter // the zero value is no window
	switch {
	case delta > 0 && ttl <= 0:
		return 0, 0, errTTL
	case delta > 0:
		err = e.hit(ctx, id, now, delta, ttl, &c)
	case delta < 0:
		err = e.refund(ctx, id, now, -delta, &c)
	default:
		_, err = e.find(ctx, live(id, now), &c)
	}
	if err != nil || c.ExpiresAt == 0 {
		return 0, 0, err
	}
	return c.N, c.left(now), nil
}

// hit counts. The increment comes first and says which window it fell into; one that is over is replaced by a window
// that begins with this hit, by whoever comes first, and the increment that it got is lost with it.
func (e *expiring) hit(ctx context.Context, id bson.Binary, now time.Time, delta int64, ttl time.Duration, c *counter) error {
	fresh := counter{id, delta, ending(now, ttl)}
	for range tries {
		change := append(add("n", delta), bson.E{Key: "$setOnInsert", Value: bson.D{field(fieldExpires, fresh.ExpiresAt)}})
		if err := e.mergeModify(ctx, id, change, c); err != nil {
			return err
		}
		if c.left(now) > 0 {
			return nil
		}
		replaced, err := e.replace(ctx, over(id, now), fresh)
		if err != nil {
			return err
		}
		if replaced {
			*c = fresh
			return nil
		}
	}
	return errContended
}

// refund takes back, never below 0, and opens no window.
func (e *expiring) refund(ctx context.Context, id bson.Binary, now time.Time, delta int64, c *counter) error {
	for range tries {
		enough := append(live(id, now), atLeast("n", delta))
		if found, err := e.modify(ctx, enough, add("n", -delta), c); found || err != nil {
			return err
		}
		if found, err := e.find(ctx, live(id, now), c); !found || err != nil {
			*c = counter{}
			return err
		}
		less := append(live(id, now), below("n", delta))
		if found, err := e.modify(ctx, less, set(field("n", int64(0))), c); found || err != nil {
			return err
		}
	}
	return errContended
}
