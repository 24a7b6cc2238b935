package mongostore

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// tries bounds how often a verb begins anew because another one came in between. Each time somebody else got on.
const tries = 8

// errContended says that a verb lost so many races that it gave up.
var errContended = errors.New("mongostore: too many writers at once")

// table is a collection as the views use it. A view begins each verb with [table.begin], names documents with [table.id], and
// reads and writes with the methods of command.go alone: each is one command on one document, or on documents that are
// independent of one another.
type table struct {
	c     *mongo.Collection
	space string
	opts  Options
}

// registry is the driver's own: what a host registers with its client must not change how documents are written.
var registry = bson.NewRegistry()

// table answers the collection that [collections] describes under this name.
func (s *Store) table(name string) table {
	journal := true
	c := s.db.Collection(s.opts.Prefix+name, options.Collection().
		SetReadPreference(readpref.Primary()).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}).
		SetBSONOptions(&options.BSONOptions{}).
		SetRegistry(registry))
	return table{c: c, space: s.space, opts: s.opts}
}

// Punctual says that [Options.Timeout] bounds every verb of a view (store.Punctual).
func (*table) Punctual() bool { return true }

// begin opens a verb: it answers a context with the deadline of the whole verb, and the function that ends it. A session that
// the caller's context carries is left out, since a transaction that is rolled back later would take a revocation with it.
func (t *table) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	bounded, cancel := context.WithTimeout(mongo.NewSessionContext(ctx, nil), t.opts.Timeout)
	return bounded, cancel, nil
}

// now is the caller's clock: what has expired is decided by it alone.
func (t *table) now() time.Time { return t.opts.Now() }

// id names a document by what it is and by the parts of its natural key, each of any bytes and any length. It is a hash: of
// one size, opaque, and different for different namespaces, kinds and parts.
func (t *table) id(kind string, parts ...string) bson.Binary {
	h := sha256.New()
	writeParts(h, t.space, kind)
	writeParts(h, parts...)
	return bson.Binary{Data: h.Sum(nil)}
}

// writeParts writes each part with its length, so that no two lists of parts are alike when joined.
func writeParts(h io.Writer, parts ...string) {
	var length [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(p)))
		_, _ = h.Write(length[:]) // a hash never fails
		_, _ = io.WriteString(h, p)
	}
}

// failed says what failed. The cause stays in the chain, and so does the end of the caller's context, which the driver
// does not always name.
func (t *table) failed(ctx context.Context, command string, err error) error {
	if ended := context.Cause(ctx); ended != nil && !errors.Is(err, ended) {
		return fmt.Errorf("mongostore: %s in %s: %w: %w", command, t.c.Name(), ended, err)
	}
	return fmt.Errorf("mongostore: %s in %s: %w", command, t.c.Name(), err)
}
