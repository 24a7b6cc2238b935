package webauthn

import (
	"context"
	"errors"
	"time"
)

// Errors of a [Store].
var (
	// ErrNotFound says that there is no such passkey.
	ErrNotFound = errors.New("webauthn: not found")
	// ErrExists says that somebody has registered a passkey with this id.
	ErrExists = errors.New("webauthn: registered already")
)

// Credential is a passkey as it is kept.
type Credential struct {
	// ID is chosen by the authenticator, 1 to 1023 bytes, and is the same for no two passkeys of a back end.
	ID     []byte
	UserID string
	// Handle is the user handle that the authenticator keeps with the passkey.
	Handle []byte
	// PublicKey is a COSE_Key.
	PublicKey []byte
	// Name is what its owner calls it.
	Name string
	// Transports are hints for the browser, in the authenticator's order.
	Transports []string
	// AAGUID names the authenticator's model, 16 bytes.
	AAGUID []byte
	// Counter is the signature counter of the last accepted use. It is 0 for good where the authenticator has none.
	Counter uint32
	// UserVerified says that the authenticator verified its user at registration.
	UserVerified bool
	// BackupEligible says that the passkey can be synced, and never changes; BackedUp says that it was at its last use.
	BackupEligible, BackedUp bool
	// CreatedAt and LastUsedAt are in UTC and exact to the millisecond; LastUsedAt is zero until the first use.
	CreatedAt, LastUsedAt time.Time
}

// Use is an accepted use of a passkey.
type Use struct {
	// From is the counter that was compared, To the one that was presented.
	From, To uint32
	BackedUp bool
	At       time.Time
}

// Store keeps passkeys and user handles; they last. Methods are safe for concurrent use on any number of instances and honour
// ctx. Credential ids are any bytes, user ids any text. Any error but [ErrNotFound] and [ErrExists] means that the back end failed.
// Package store/storetest is this text as code.
type Store interface {
	// Handle answers the user handle of the user; where there is none, it becomes fresh. Of many callers at once all get the
	// same one.
	Handle(ctx context.Context, userID string, fresh []byte) ([]byte, error)
	// Add stores c, or answers ErrExists when any user has a passkey with its id, and leaves that one as it is: of many callers
	// at once exactly one adds.
	Add(ctx context.Context, c Credential) error
	// Load answers the passkey with this id, or ErrNotFound.
	Load(ctx context.Context, id []byte) (Credential, error)
	// List answers the user's passkeys, the oldest first.
	List(ctx context.Context, userID string) ([]Credential, error)
	// Advance records a use if the counter still stands at From, and reports whether it did. Of many callers who move it from
	// one value exactly one gets true. A passkey that is not there is no error.
	Advance(ctx context.Context, id []byte, u Use) (bool, error)
	// Rename gives the user's passkey another name, or answers ErrNotFound when the user has none with this id.
	Rename(ctx context.Context, userID string, id []byte, name string) error
	// Delete removes the user's passkey with this id, and reports whether there was one: of many callers exactly one gets true.
	Delete(ctx context.Context, userID string, id []byte) (bool, error)
	// DeleteAll removes the user's passkeys and user handle.
	DeleteAll(ctx context.Context, userID string) error
}
