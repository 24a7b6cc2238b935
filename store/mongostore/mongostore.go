package mongostore

import (
	"crypto/sha256"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/user"
)

// Options tune a [Store]. The zero value is the recommended setting.
type Options struct {
	// Prefix begins the name of every collection. Default: "auth_".
	Prefix string
	// Timeout bounds every verb, however many commands it takes, the choice of a server included, so that an outage is an
	// error and not a queue. A context that ends sooner bounds it further. Default: 1.8 seconds, which leave time
	// to answer a request within 2.
	Timeout time.Duration
	// AllowNoTTL lets [Store.Ensure] succeed on servers that know no TTL indexes. Somebody must then call [Store.Sweep]
	// from time to time, or what has expired stays for ever: unread, but there. Default: false.
	AllowNoTTL bool
	// Now returns the current time, which decides what has expired. Default: time.Now.
	Now func() time.Time
}

func (o *Options) resolve() {
	if o.Prefix == "" {
		o.Prefix = "auth_"
	}
	if o.Timeout <= 0 {
		o.Timeout = 1800 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

var _ store.Store = (*Store)(nil)

// Store is one back end with a view for every interface. All views are safe for concurrent use.
type Store struct {
	db    *mongo.Database
	opts  Options
	space string
}

// New makes a back end of a database, whose client stays the caller's: nothing here connects, runs in the background or
// needs closing. The read and write concerns of the client and the database do not matter; see the package comment. db must
// not be nil, opts may be.
func New(db *mongo.Database, opts *Options) *Store {
	var o Options
	if opts != nil {
		o = *opts
	}
	o.resolve()
	return &Store{db: db, opts: o}
}

// Punctual says that [Options.Timeout] bounds every verb (store.Punctual).
func (*Store) Punctual() bool { return true }

// Namespace answers a view of the same collections that shares no document with other names; the empty name is s itself.
// Ensure and Sweep serve all namespaces at once. The answer is a *Store.
func (s *Store) Namespace(name string) store.Store {
	if name == "" {
		return s
	}
	h := sha256.New()
	writeParts(h, s.space, name)
	child := *s
	child.space = string(h.Sum(nil))
	return &child
}

// KV is the view of what expires.
func (s *Store) KV() kv.Store { return &expiring{s.table(kvTable)} }

// Users is the view of the user table.
func (s *Store) Users() user.Store { return s.users() }

// Sessions is the view of sessions and revocations.
func (s *Store) Sessions() session.Store { return &sessions{s.table(sessionsTable)} }

// Locks is the view of failed guesses.
func (s *Store) Locks() abuse.Store { return &locks{s.table(locksTable)} }
