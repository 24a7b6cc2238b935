package totp

import (
	"context"
	"errors"
	"time"
)

// Errors of a [Store].
var (
	// ErrNotFound says that the user has no authenticator enrolled.
	ErrNotFound = errors.New("totp: not found")
	// ErrExists says that the user has one already.
	ErrExists = errors.New("totp: enrolled already")
)

// Enrolment is a user's active authenticator with its recovery codes.
type Enrolment struct {
	UserID string
	// ID tells this enrolment from an earlier or later one of the same user.
	ID string
	// Secret is encrypted.
	Secret []byte
	// Step is the time step that was accepted last (RFC 6238 section 5.2).
	Step int64
	// Codes are the hashes of the recovery codes that are left, 32 bytes each, in no order.
	Codes [][]byte
	// EnabledAt is when it was enrolled, in UTC and exact to the millisecond.
	EnabledAt time.Time
}

// Store keeps enrolments, at most one for each user; they last. Methods are safe for concurrent use on any number of instances
// and honour ctx. User ids are any text. Any error but [ErrNotFound] and [ErrExists] means that the back end failed.
//
// A verb that names an enrolment by id does nothing where the user has none or another one by now. Package store/storetest is this
// text as code.
type Store interface {
	// Load answers the user's enrolment, or ErrNotFound.
	Load(ctx context.Context, userID string) (Enrolment, error)
	// Enrol stores e, or answers ErrExists when its user has an enrolment: of many callers at once exactly one enrols.
	Enrol(ctx context.Context, e Enrolment) error
	// Advance moves the last accepted step to step if it is lower, and reports whether it did. Of many callers with the same
	// step exactly one gets true, and it never moves back.
	Advance(ctx context.Context, userID, id string, step int64) (bool, error)
	// Reseal puts the secret to in place of from where from is the one that is kept, and reports whether it did. Nothing else of the
	// enrolment changes. Of many callers with the same from exactly one gets true.
	Reseal(ctx context.Context, userID, id string, from, to []byte) (bool, error)
	// Spend removes the recovery code with this hash and answers how many are left; ok is false when there is none. Of many
	// callers with the same hash exactly one gets true.
	Spend(ctx context.Context, userID, id string, hash []byte) (left int, ok bool, err error)
	// Replace puts a new set of recovery codes in place of the old one, of which none can be spent from then on; or answers
	// ErrNotFound.
	Replace(ctx context.Context, userID, id string, codes [][]byte) error
	// Delete removes the user's enrolment with its codes, and reports whether there was one: of many callers exactly one gets
	// true.
	Delete(ctx context.Context, userID string) (bool, error)
}
