package memstore

import (
	"errors"
	"sync"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/user"
)

// Bounds of what expires, where [Options] name none.
const (
	DefaultMaxEntries = 1_000_000
	DefaultMaxBytes   = 256 << 20
)

// ErrFull says that what expires has reached its bound and all of it is still alive. Nothing was stored.
var ErrFull = errors.New("memstore: full of values that have not expired")

// Options tune a [Store]. The zero value is the recommended setting.
type Options struct {
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
	// MaxEntries bounds how many values and counters that expire are kept at once, and how many locks: of these the ones of a few failures
	// make room for others. Default: [DefaultMaxEntries].
	MaxEntries int
	// MaxBytes bounds the memory they take, in bytes, with an estimate of what each entry costs beside its key and value.
	// Default: [DefaultMaxBytes].
	MaxBytes int64
}

var _ store.Store = (*Store)(nil)

// Store is one back end with a view for every interface. All views are safe for concurrent use.
type Store struct {
	kv       *expiring
	users    *users
	sessions *sessions
	locks    *locks

	enrolments *enrolments
	passkeys   *passkeys
	apiKeys    *apiKeys
	links      *links

	opts     Options
	mu       sync.Mutex
	children map[string]*Store
}

// Punctual says that no verb waits for anything (store.Punctual).
func (*Store) Punctual() bool { return true }

// New makes an empty store. opts may be nil.
func New(opts *Options) *Store {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxEntries <= 0 {
		o.MaxEntries = DefaultMaxEntries
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return &Store{
		kv: newExpiring(o), users: newUsers(), sessions: newSessions(o), locks: newLocks(o), enrolments: newEnrolments(),
		passkeys: newPasskeys(), apiKeys: newAPIKeys(), links: newLinks(),
		opts: o, children: map[string]*Store{},
	}
}

// Namespace answers a store of its own under the name; the empty name is s itself.
func (s *Store) Namespace(name string) store.Store {
	if name == "" {
		return s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	child, ok := s.children[name]
	if !ok {
		child = New(&s.opts)
		s.children[name] = child
	}
	return child
}

// KV is the view of what expires.
func (s *Store) KV() kv.Store { return s.kv }

// Users is the view of the user table.
func (s *Store) Users() user.Store { return s.users }

// Sessions is the view of sessions and revocations.
func (s *Store) Sessions() session.Store { return s.sessions }

// Locks is the view of failed guesses.
func (s *Store) Locks() abuse.Store { return s.locks }
