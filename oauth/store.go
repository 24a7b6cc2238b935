package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// Link says that an identity at a provider signs in to an account.
type Link struct {
	// ID names the link, and stands for its identity: see [LinkID].
	ID string
	// UserID is the account.
	UserID string
	// Provider, Issuer and Subject are the identity.
	Provider, Issuer, Subject string
	// Email is the verified address at the time of the link, for people to tell links apart; it may be empty and selects nothing.
	Email string
	// LinkedAt is in UTC and exact to the millisecond.
	LinkedAt time.Time
}

// LinkID makes the id of the link of an identity: one identity has one id, so that it can be claimed by inserting it. It tells nothing
// about the identity.
func LinkID(provider, issuer, subject string) string {
	h := sha256.New()
	for _, part := range []string{provider, issuer, subject} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		h.Write(n[:])
		h.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Errors of a [Store].
var (
	// ErrNotFound says that there is no such link.
	ErrNotFound = errors.New("oauth: not found")
	// ErrExists says that the identity is linked already, to whomever.
	ErrExists = errors.New("oauth: the identity is linked")
)

// Store keeps links. Methods are safe for concurrent use on any number of instances and honour ctx. Any error but [ErrNotFound] and
// [ErrExists] means that the back end failed. Package store/storetest is this text as code.
type Store interface {
	// Add stores l, or answers ErrExists when a link has its ID: of many callers at once exactly one adds.
	Add(ctx context.Context, l Link) error
	// Load answers the link with this id, or ErrNotFound.
	Load(ctx context.Context, id string) (Link, error)
	// List answers the links of the user, the oldest by LinkedAt first; of one time, by ID.
	List(ctx context.Context, userID string) ([]Link, error)
	// Delete removes a link of the user and reports whether it did: of many callers at once exactly one gets true. Another user's link
	// stays, and is false.
	Delete(ctx context.Context, userID, id string) (bool, error)
	// DeleteAll removes every link of the user, for an account that is erased.
	DeleteAll(ctx context.Context, userID string) error
}
