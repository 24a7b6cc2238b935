package mongostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// The collections, without [Options.Prefix].
const (
	kvTable         = "kv"
	sessionsTable   = "sessions"
	locksTable      = "locks"
	usersTable      = "users"
	identitiesTable = "identities"
	apiKeysTable    = "apikeys"
	totpTable       = "totp"
	linksTable      = "links"
	passkeysTable   = "passkeys"
)

// collection is what a collection needs beside the index on _id that it has. A view with a collection of its own adds a line
// to [collections].
type collection struct {
	name string
	// expires says that its documents end at expires_at, if they have one.
	expires bool
	indexes []bson.D
}

var collections = []collection{
	{name: kvTable, expires: true},
	{name: sessionsTable, expires: true, indexes: []bson.D{
		{{Key: fieldUser, Value: 1}, {Key: fieldCreated, Value: -1}, {Key: fieldID, Value: -1}},
		feedIndex,
	}},
	{name: locksTable, expires: true},
	{name: usersTable, indexes: []bson.D{{{Key: "pending.since", Value: 1}}}},
	{name: identitiesTable},
	{name: totpTable},
	{name: passkeysTable, indexes: []bson.D{{{Key: fieldUser, Value: 1}, {Key: fieldCreated, Value: 1}}}},
	{name: linksTable, indexes: []bson.D{{{Key: fieldUser, Value: 1}, {Key: "linked_at", Value: 1}}}},
	{name: apiKeysTable, indexes: []bson.D{{{Key: fieldUser, Value: 1}, {Key: fieldCreated, Value: -1}, {Key: fieldID, Value: -1}}}},
}

// margin is how long after its time a document is removed at the earliest. Until then it is not read, but there: the clocks
// of the server and of the instances may differ by as much.
const margin = time.Hour

// ErrNoTTL says that the server knows no TTL indexes and that [Options.AllowNoTTL] is not set.
var ErrNoTTL = errors.New("mongostore: the server has no TTL indexes; what expires would stay for ever")

// notImplemented is the code of a server that knows no TTL indexes.
const notImplemented = 238

// Ensure makes the collections' indexes, those that are not there yet. Call it when the program is installed or started; any
// number of instances may call it at once. It takes as long as the server needs, so ctx is its only deadline.
//
// No promise rests on an index beside the one on _id: without Ensure lists are slow and nothing that expired is removed.
// An index of the same name and other options is an error of the server's (code 85 or 86): drop it, or change it with collMod.
func (s *Store) Ensure(ctx context.Context) error {
	for _, c := range collections {
		t := s.table(c.name)
		for _, keys := range c.indexes {
			if err := t.index(ctx, keys, options.Index()); err != nil {
				return err
			}
		}
		if !c.expires {
			continue
		}
		keys := bson.D{{Key: fieldExpires, Value: 1}}
		err := t.index(ctx, keys, options.Index().SetExpireAfterSeconds(int32(margin/time.Second)))
		if noTTL(err) {
			if !s.opts.AllowNoTTL {
				return fmt.Errorf("%w: %w", ErrNoTTL, err)
			}
			err = t.index(ctx, keys, options.Index()) // for Sweep
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *table) index(ctx context.Context, keys bson.D, o *options.IndexOptionsBuilder) error {
	_, err := t.c.Indexes().CreateOne(mongo.NewSessionContext(ctx, nil), mongo.IndexModel{Keys: keys, Options: o})
	if err != nil {
		return t.failed(ctx, "createIndexes", err)
	}
	return nil
}

func noTTL(err error) bool {
	refused, ok := errors.AsType[mongo.CommandError](err)
	return ok && refused.Code == notImplemented
}
