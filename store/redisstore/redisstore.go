package redisstore

import (
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/user"
)

// Defaults of [Options].
const (
	DefaultPrefix  = "auth"
	DefaultTimeout = 1800 * time.Millisecond
)

// Options tune a [Store]. The zero value is the recommended setting.
type Options struct {
	// Prefix begins every key, so that several programs can share a server. Default: [DefaultPrefix].
	Prefix string
	// Timeout bounds every call, however the client is configured: a server that is down or hangs is an error when it is
	// over. The default leaves time to answer a request within 2 seconds. Default: [DefaultTimeout].
	Timeout time.Duration
	// Now returns the current time. It decides when the server may drop a record, and nothing else. Default: time.Now.
	Now func() time.Time
}

var _ store.Store = (*Store)(nil)

// Store is one back end with a view for every interface. All views are safe for concurrent use, and any number of instances
// on the same server are one service.
type Store struct{ view }

// view is what every view of a [Store] needs.
type view struct {
	c   *client
	key keys
	now func() time.Time
}

// Punctual says that [Options.Timeout] bounds every verb of the store and of its views (store.Punctual).
func (view) Punctual() bool { return true }

// New makes a store on rdb, which stays the caller's to configure and to close. It sends nothing. opts may be nil.
//
// A client that must not be used, because it reads from replicas or moves keys when a server is down ([redis.Ring]), makes
// every verb an error; [Check] says so at start.
func New(rdb redis.UniversalClient, opts *Options) *Store {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{view{c: newClient(rdb, o.Timeout), key: keys{escape(o.Prefix)}, now: o.Now}}
}

// Namespace answers a view of the store that shares no key with other names; the empty name is s itself.
func (s *Store) Namespace(name string) store.Store {
	if name == "" {
		return s
	}
	inner := *s
	inner.key = s.key.namespace(name)
	return &inner
}

// KV is the view of what expires.
func (s *Store) KV() kv.Store { return values{s.view} }

// Users is the view of the user table.
func (s *Store) Users() user.Store { return users{s.view} }

// Sessions is the view of sessions and revocations.
func (s *Store) Sessions() session.Store { return sessions{s.view} }

// Locks is the view of failed guesses.
func (s *Store) Locks() abuse.Store { return locks{s.view} }
