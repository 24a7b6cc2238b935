package memstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/crafteasy/auth/user"
)

// PutUser stores u in place of the user with its ID, for hosts that bring their own accounts. Addresses are brought into
// normal form; an address that is none is an error, and one that another user holds is [user.ErrExists].
func (s *Store) PutUser(ctx context.Context, u user.User) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if u.ID == "" {
		return errors.New("memstore: a user needs an ID")
	}
	for _, address := range []struct {
		value *string
		parse func(string) (user.Identifier, error)
	}{{&u.Email, user.ParseEmail}, {&u.Phone, user.ParsePhone}} {
		if *address.value == "" {
			continue
		}
		id, err := address.parse(*address.value)
		if err != nil {
			return fmt.Errorf("memstore: user: %w", err)
		}
		*address.value = id.Value
	}
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	return s.users.put(u)
}

// SetDisabled refuses or allows every further sign-in and refresh of a user, or answers [user.ErrNotFound]. It ends no
// session: that is EndSessions of the library.
func (s *Store) SetDisabled(ctx context.Context, userID string, disabled bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	u, ok := s.users.byID[userID]
	if !ok {
		return user.ErrNotFound
	}
	u.Disabled = disabled
	s.users.byID[userID] = u
	return nil
}

// DeleteUser removes a user and frees the addresses. A user who is not there is no error. What else is kept of a user is
// erased by Forget of the library.
func (s *Store) DeleteUser(ctx context.Context, userID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.users.mu.Lock()
	defer s.users.mu.Unlock()
	for _, id := range s.users.byID[userID].Identifiers() {
		delete(s.users.byIdentifier, id)
	}
	delete(s.users.byID, userID)
	return nil
}
