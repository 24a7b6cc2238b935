package memstore

import (
	"context"
	"sync"

	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/user"
)

var _ user.Store = (*users)(nil)

// users is the view of the user table. Accounts are few beside what expires: one lock serves them all.
type users struct {
	mu           sync.RWMutex
	byID         map[string]user.User
	byIdentifier map[user.Identifier]string
}

func newUsers() *users {
	return &users{byID: make(map[string]user.User), byIdentifier: make(map[user.Identifier]string)}
}

// ByID answers the user.
func (u *users) ByID(ctx context.Context, id string) (user.User, error) {
	if err := ctx.Err(); err != nil {
		return user.User{}, err
	}
	u.mu.RLock()
	defer u.mu.RUnlock()
	found, ok := u.byID[id]
	if !ok {
		return user.User{}, user.ErrNotFound
	}
	return found, nil
}

// Find answers the user who holds the identifier.
func (u *users) Find(ctx context.Context, id user.Identifier) (user.User, error) {
	if err := ctx.Err(); err != nil {
		return user.User{}, err
	}
	u.mu.RLock()
	defer u.mu.RUnlock()
	holder, ok := u.byIdentifier[id]
	if !ok || id.IsZero() {
		return user.User{}, user.ErrNotFound
	}
	return u.byID[holder], nil
}

// Create makes a user with a random id and the scope "tenant".
func (u *users) Create(ctx context.Context, n user.NewUser) (user.User, error) {
	if err := ctx.Err(); err != nil {
		return user.User{}, err
	}
	made := user.User{ID: secret.Handle(16), Name: n.Name, Scope: "tenant"}
	if err := made.SetAddress(n.Identifier); err != nil {
		return user.User{}, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.put(made); err != nil {
		return user.User{}, err
	}
	return made, nil
}

// SetIdentifier gives the user this identifier in place of the one of the same kind.
func (u *users) SetIdentifier(ctx context.Context, userID string, id user.Identifier) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	changed, ok := u.byID[userID]
	if !ok {
		return user.ErrNotFound
	}
	if err := changed.SetAddress(id); err != nil {
		return err
	}
	return u.put(changed)
}

// put stores a user in place of the one with its id, or answers [user.ErrExists] and changes nothing. It is called with
// the lock held.
func (u *users) put(n user.User) error {
	for _, id := range n.Identifiers() {
		if holder, taken := u.byIdentifier[id]; taken && holder != n.ID {
			return user.ErrExists
		}
	}
	for _, id := range u.byID[n.ID].Identifiers() {
		delete(u.byIdentifier, id)
	}
	for _, id := range n.Identifiers() {
		u.byIdentifier[id] = n.ID
	}
	u.byID[n.ID] = n
	return nil
}
