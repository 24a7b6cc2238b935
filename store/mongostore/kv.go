package mongostore

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/kv"
)

var _ kv.Store = (*expiring)(nil)

// errTTL says that a caller breaks the contract of [kv.Store].
var errTTL = errors.New("mongostore: a ttl must be positive")

// expiring is the view of what expires. A value and a counter of one key are two documents: neither can be read as the other.
type expiring struct{ table }

// value is a document that holds a value.
type value struct {
	ID        bson.Binary   `bson:"_id"`
	Value     bson.Binary   `bson:"value"`
	ExpiresAt bson.DateTime `bson:"expires_at"`
}

func (e *expiring) valueID(key string) bson.Binary { return e.id("value", key) }

// Set stores value under key for ttl, in one round trip.
func (e *expiring) Set(ctx context.Context, key string, v []byte, ttl time.Duration) error {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if ttl <= 0 {
		return errTTL
	}
	id := e.valueID(key)
	return e.put(ctx, id, value{id, bson.Binary{Data: v}, ending(e.now(), ttl)})
}

// Add stores value unless the key holds one, in one round trip where a value has expired and in two elsewhere.
func (e *expiring) Add(ctx context.Context, key string, v []byte, ttl time.Duration) (bool, error) {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	if ttl <= 0 {
		return false, errTTL
	}
	id, now := e.valueID(key), e.now()
	fresh := value{id, bson.Binary{Data: v}, ending(now, ttl)}
	// What has expired is replaced first: a key that is found taken by the insert after it is taken by something alive.
	if replaced, err := e.replace(ctx, over(id, now), fresh); replaced || err != nil {
		return replaced, err
	}
	return e.insert(ctx, fresh)
}

// Get answers the value, in one round trip.
func (e *expiring) Get(ctx context.Context, key string) ([]byte, error) {
	return e.read(ctx, key, e.find)
}

// Take answers the value and removes it, in one round trip: a single findAndModify with remove.
func (e *expiring) Take(ctx context.Context, key string) ([]byte, error) {
	return e.read(ctx, key, e.take)
}

func (e *expiring) read(ctx context.Context, key string, command func(context.Context, bson.D, any) (bool, error)) ([]byte, error) {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var held value
	found, err := command(ctx, live(e.valueID(key), e.now()), &held)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, kv.ErrNotFound
	}
	return held.Value.Data, nil
}

// Delete removes the keys, values and counters alike, in one round trip.
func (e *expiring) Delete(ctx context.Context, keys ...string) error {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if len(keys) == 0 {
		return nil
	}
	ids := make([]bson.Binary, 0, 2*len(keys))
	for _, k := range keys {
		ids = append(ids, e.valueID(k), e.counterID(k))
	}
	_, err = e.removeAll(ctx, bson.D{anyOf(ids)})
	return err
}
