package session

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/user"
)

// ErrInvalidToken covers every reason for which a token is refused.
var ErrInvalidToken = problem.ErrInvalidToken

// ErrDisabled refuses the sign-in or refresh of a disabled account. A method answers it like any wrong proof.
var ErrDisabled = problem.ErrInvalidCredentials

// ErrNoFeed says that the store cannot keep a mirror up to date.
var ErrNoFeed = errors.New("session: RevocationLag needs a store that is a Feed")

// Service is the gate: the only place that turns a person and a proof into a token. It is safe for concurrent use
// once [Service.Seal] was called.
type Service struct {
	tokens  *jwt.Service
	store   Store
	pending kv.Store
	steps   kv.Store
	users   user.Store
	opts    Options

	verified *verified
	mirror   *mirror // nil without Options.RevocationLag
	issued   issued
	curve    *curve
	forgers  forgers

	sealed    bool
	second    map[ProofKind]SecondFactor
	order     []ProofKind
	first     []FirstFactor
	messenger Messenger
}

// New makes the gate. Sessions and revocations last in store; pre_auth tokens expire in volatile. Register the factors, then
// call [Service.Seal].
//
// With [Options.RevocationLag] it starts one goroutine, which keeps the mirror; [Service.Close] ends it.
func New(tokens *jwt.Service, store Store, volatile kv.Store, users user.Store, opts Options) (*Service, error) {
	if tokens == nil || store == nil || volatile == nil || users == nil {
		return nil, errors.New("session: a store or the token service is missing")
	}
	if err := opts.resolve(); err != nil {
		return nil, err
	}
	s := &Service{
		store: store, pending: kv.Prefixed(volatile, "2fa:"), steps: kv.Prefixed(volatile, "stepup:"),
		users: users, opts: opts,
		verified: newVerified(opts.TokenCache, tokens.Leeway()), curve: newCurve(), forgers: newForgers(),
		second: map[ProofKind]SecondFactor{},
	}
	s.tokens = tokens.Gated(s.together)
	if opts.RevocationLag == 0 {
		return s, nil
	}
	feed, ok := store.(Feed)
	if !ok {
		return nil, ErrNoFeed
	}
	s.mirror = newMirror(feed, opts.RevocationLag, opts.Now, opts.Log)
	s.store = mirrored{store, s.mirror}
	s.mirror.start()
	return s, nil
}

// Close ends what [New] has started. The service goes on working, and asks the store about every request.
func (s *Service) Close(ctx context.Context) error {
	if s.mirror == nil {
		return nil
	}
	return s.mirror.close(ctx)
}

// now is the time in whole milliseconds, which every store keeps exactly.
func (s *Service) now() time.Time { return s.opts.Now().UTC().Truncate(time.Millisecond) }

func (s *Service) record(ctx context.Context, name string, outcome audit.Outcome, p *jwt.TokenPayload, reason string) {
	e := audit.Event{Name: name, Outcome: outcome, UserID: p.UserID, SessionID: p.SessionID, Reason: reason}
	if outcome != audit.Success {
		e.Code = ErrInvalidToken.Code()
	}
	s.opts.Audit.Record(ctx, e)
}

// newID makes a session or token id of 128 bits.
func newID() string { return secret.Handle(16) }
