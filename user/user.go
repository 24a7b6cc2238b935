package user

import (
	"context"
	"errors"
)

// User is an account as sign-in sees it.
type User struct {
	// ID is opaque, never changes, and is never given to somebody else, after a deletion neither: what is kept beside the account, such
	// as passkeys, is kept under it.
	ID string
	// Name is shown to people; it may be empty.
	Name string
	// Email and Phone are the proven addresses in normal form ([ParseEmail], [ParsePhone]); either may be empty.
	Email, Phone string
	// TenantID and PartnerID place the user in the host's world; they end up in the token.
	TenantID, PartnerID string
	// Scope is the boundary of what the user may see: tenant, partner or system.
	Scope string
	// Disabled refuses every sign-in and refresh.
	Disabled bool
}

// Address answers the user's identifier of a kind; it is zero where the user has none.
func (u User) Address(k Kind) Identifier {
	switch k {
	case Email:
		return Identifier{Email, u.Email}
	case Phone:
		return Identifier{Phone, u.Phone}
	}
	return Identifier{}
}

// Identifiers answers the addresses that the user holds, at most one of each kind.
func (u User) Identifiers() []Identifier {
	var held []Identifier
	for _, k := range []Kind{Email, Phone} {
		if id := u.Address(k); !id.IsZero() {
			held = append(held, id)
		}
	}
	return held
}

// ErrIdentifier says that an identifier is of no known kind or empty. No parser makes one.
var ErrIdentifier = errors.New("user: an identifier needs a known kind and a value")

// SetAddress gives u the identifier in place of the one of its kind, or answers [ErrIdentifier] and changes nothing. It is for back
// ends; nothing is stored.
func (u *User) SetAddress(id Identifier) error {
	switch {
	case id.Kind == Email && !id.IsZero():
		u.Email = id.Value
	case id.Kind == Phone && !id.IsZero():
		u.Phone = id.Value
	default:
		return ErrIdentifier
	}
	return nil
}

// Kind is what an identifier is.
type Kind string

// The kinds of identifier.
const (
	Email Kind = "email"
	Phone Kind = "phone"
)

// Identifier is a proven address in its one normal form. Make one with [ParseEmail] or [ParsePhone].
type Identifier struct {
	Kind  Kind
	Value string
}

// IsZero reports whether the identifier is empty.
func (i Identifier) IsZero() bool { return i.Value == "" }

// NewUser is what is known of somebody who signs up: one proven identifier.
type NewUser struct {
	Identifier Identifier
	// Name comes from a provider, where there is one.
	Name string
	// OriginApp is the application that the person signed up to.
	OriginApp string
}

// Errors of a [Store].
var (
	// ErrNotFound says that no user has this id or identifier.
	ErrNotFound = errors.New("user: not found")
	// ErrExists says that another user holds the identifier.
	ErrExists = errors.New("user: identifier is taken")
)

// Store is the host's user table. Methods are safe for concurrent use and honour ctx. Identifiers arrive in normal form and
// are compared byte by byte. Any error but [ErrNotFound] and [ErrExists] means that the back end failed.
type Store interface {
	// ByID answers the user, or ErrNotFound.
	ByID(ctx context.Context, id string) (User, error)
	// Find answers the user who holds the identifier, or ErrNotFound; so for a kind that it does not know and an empty value. Strangers see
	// how long a request for a code takes, so that one that nobody holds should take as long.
	Find(ctx context.Context, id Identifier) (User, error)
	// Create makes a user with this identifier, or answers ErrExists when one holds it: of many callers at once exactly
	// one creates. It is called with a proven identifier only.
	Create(ctx context.Context, n NewUser) (User, error)
	// SetIdentifier gives the user this identifier in place of the one of the same kind, which becomes free; or answers
	// ErrExists when another user holds it, ErrNotFound when there is no such user. It is called with a proven identifier only.
	SetIdentifier(ctx context.Context, userID string, id Identifier) error
}
