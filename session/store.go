package session

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/crafteasy/auth/jwt"
)

// ErrNotFound says that a store knows no such session of this user.
var ErrNotFound = errors.New("session: not found")

// Session is one sign-in and the chain of tokens that came of it.
type Session struct {
	// ID is the sid claim.
	ID     string
	UserID string
	// CreatedAt and ExpiresAt bound its absolute life.
	CreatedAt, ExpiresAt time.Time
	// LastSeenAt is the last sign-in or refresh.
	LastSeenAt time.Time
	// OriginApp, IP and UserAgent describe where the person signed in.
	OriginApp, IP, UserAgent string
	// Token is the payload of the current token. Signing is deterministic, so the token can be made again from it.
	Token jwt.TokenPayload
	// Previous is the jti of the token before, replaced at RotatedAt. Empty before the first refresh.
	Previous  string
	RotatedAt time.Time
}

// Revocation kills tokens from a moment on.
type Revocation struct {
	// UserID owns what is killed.
	UserID string
	// SessionID kills every token of a session, TokenID one token. Exactly one is set.
	SessionID, TokenID string
	// At is when it takes effect. It may lie some seconds ahead: the grace of a refresh.
	At time.Time
	// Until is when nothing it kills can be alive any more, so that the record may go.
	Until time.Time
}

// State is all that a store knows against the tokens of one user.
type State struct {
	// Floor is the epoch below which every token of every user is dead. A store without one answers [Emptied].
	Floor int64
	// Epoch is the user's own, 0 where none was set; tokens below it are dead but for those of the session Except.
	Epoch  int64
	Except string
	// SessionEnd and TokenEnd are when the session and the token die or died; zero where nothing was revoked.
	SessionEnd, TokenEnd time.Time
}

// Emptied is the floor of a store that holds none: whatever it knew is lost, so every token is dead.
const Emptied int64 = math.MaxInt64

// Store keeps sessions and revocations. Methods are safe for concurrent use on any number of instances and honour ctx. Any
// error but [ErrNotFound] means that the back end failed. Times that come back are in UTC and exact to the millisecond.
//
// Package store/storetest is this text as code.
type Store interface {
	// Create stores a session whose id is new.
	Create(ctx context.Context, s Session) error
	// Load answers a session of the user together with what is known against it and the token, in one round trip where
	// the back end can; or ErrNotFound: another user's session is not found.
	Load(ctx context.Context, userID, id, tokenID string) (Session, State, error)
	// Rotate replaces the session by next if its current token is still the one named by from, and reports whether it did.
	// Of many callers with the same from exactly one gets true. A session that is gone is false.
	Rotate(ctx context.Context, from string, next Session) (bool, error)
	// List answers at most limit sessions of the user, the newest by CreatedAt first. It costs the same however many there are.
	List(ctx context.Context, userID string, limit int) ([]Session, error)
	// Delete removes a session of the user. One that is gone, or another user's, is no error.
	Delete(ctx context.Context, userID, id string) error
	// DeleteAll removes every session of the user, for an account that is erased.
	DeleteAll(ctx context.Context, userID string) error

	// Revoke records r. Where the same thing was revoked before, the earlier At and the later Until hold.
	Revoke(ctx context.Context, r Revocation) error
	// State answers what is known against a token, in one round trip. It is read on every request.
	State(ctx context.Context, userID, sessionID, tokenID string) (State, error)
	// Epoch answers the greater of the user's epoch and the floor. A store that holds no floor sets it to now first, so
	// that nothing issued before it lost its data is alive again.
	Epoch(ctx context.Context, userID string, now int64) (int64, error)
	// MoveEpoch moves the user's epoch to the greatest of now, its value + 1 and floor + 1, records the session that is spared
	// (empty for none), and answers the new epoch. Two moves never answer the same.
	MoveEpoch(ctx context.Context, userID, except string, now int64) (int64, error)
	// MoveFloor moves the floor to now or further, beyond every epoch that was answered before, and answers it. A back end of several
	// instances allows for their clocks.
	MoveFloor(ctx context.Context, now int64) (int64, error)
}
