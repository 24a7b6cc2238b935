package apikey

import (
	"context"
	"errors"
	"time"
)

// Errors of a [Store].
var (
	// ErrNotFound says that there is no such key, or that it is another owner's.
	ErrNotFound = errors.New("apikey: not found")
	// ErrExists says that the id is taken.
	ErrExists = errors.New("apikey: id is taken")
)

// Key is an API key as it is stored. It holds no secret.
type Key struct {
	// ID never changes. The public code is made of it: see [Key.Code].
	ID string
	// OwnerID is the user whose key it is, TenantID the tenant that the user belonged to when it was made.
	OwnerID, TenantID string
	// Name is the owner's own word for it.
	Name string
	// Scopes are the rights; none are none.
	Scopes []string
	// AllowedIPs are the networks that it may be used from, in CIDR form; none stand for everywhere.
	AllowedIPs []string
	// PublicKeys are the keys that assertions may be signed with, each a JWK (RFC 7517) with alg and kid.
	PublicKeys []string
	// Secrets are the current secret, first, and its predecessors.
	Secrets []Secret
	// Generation names the tokens that were got by assertions.
	Generation string
	// CreatedAt, NotBefore and ExpiresAt bound its life; a zero NotBefore or ExpiresAt does not.
	CreatedAt, NotBefore, ExpiresAt time.Time
	// LastUsedAt is exact to a minute or so.
	LastUsedAt time.Time
	// Disabled refuses every use.
	Disabled bool
	// Version grows by one with every change.
	Version int64
}

// Secret is what is stored of a secret.
type Secret struct {
	// Prefix is the part of the secret that may be shown.
	Prefix string
	// Hash is a keyed MAC of the secret, 32 bytes.
	Hash []byte
	// Generation names the tokens that were got by it.
	Generation string
	// CreatedAt is when it was made.
	CreatedAt time.Time
	// Until is when it ends; zero for the current one, which ends with the key.
	Until time.Time
}

// CodePrefix begins every public code.
const CodePrefix = "ac_"

// Code is the public name of the key: "api_code" and "client_id".
func (k Key) Code() string { return CodePrefix + k.ID }

// Store keeps API keys; they last. Methods are safe for concurrent use on any number of instances and honour ctx. Any error but
// [ErrNotFound] and [ErrExists] means that the back end failed. Times that come back are in UTC and exact to the millisecond. Owner ids
// and key ids are any text.
//
// Package store/storetest is this text as code.
type Store interface {
	// Create stores a key, or answers ErrExists when its id is taken, whoever owns it: of many callers exactly one creates.
	Create(ctx context.Context, k Key) error
	// Load answers the key, or ErrNotFound. It is read once for every use of a key.
	Load(ctx context.Context, id string) (Key, error)
	// List answers at most limit keys of the owner, the newest by CreatedAt first.
	List(ctx context.Context, ownerID string, limit int) ([]Key, error)
	// Replace puts next in place of the key with its id and owner, if the stored version is the one before next.Version, and reports
	// whether it did. Of many callers with the same version exactly one gets true. A key that is gone, or another owner's, is false:
	// nothing comes back to life.
	Replace(ctx context.Context, next Key) (bool, error)
	// Delete removes a key of the owner and answers it as it was, or ErrNotFound: of many callers exactly one gets it.
	Delete(ctx context.Context, ownerID, id string) (Key, error)
	// DeleteAll removes every key of the owner, for an account that is erased.
	DeleteAll(ctx context.Context, ownerID string) error
}
