package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/user"
)

// PutUser stores n in place of the user with its ID, for hosts that bring accounts of their own. Addresses are brought into
// normal form; an address that is none is an error, and one that another user holds is [user.ErrExists].
func (s *Store) PutUser(ctx context.Context, n user.User) error {
	u := s.users()
	ctx, done, err := u.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if n.ID == "" {
		return errors.New("mongostore: a user needs an ID")
	}
	if n, err = normal(n); err != nil {
		return err
	}
	for range tries {
		err := u.change(ctx, n.ID, func(held *user.User) error { *held = n; return nil })
		if !errors.Is(err, user.ErrNotFound) {
			return err
		}
		if added, err := u.add(ctx, n); added || err != nil {
			return err
		}
	}
	return errContended
}

// normal brings the addresses of a user into normal form.
func normal(n user.User) (user.User, error) {
	for _, address := range []struct {
		value *string
		parse func(string) (user.Identifier, error)
	}{{&n.Email, user.ParseEmail}, {&n.Phone, user.ParsePhone}} {
		if *address.value == "" {
			continue
		}
		id, err := address.parse(*address.value)
		if err != nil {
			return user.User{}, fmt.Errorf("mongostore: user: %w", err)
		}
		*address.value = id.Value
	}
	return n, nil
}

// SetDisabled refuses or allows every further sign-in and refresh of a user, or answers [user.ErrNotFound]. It ends no
// session: that is EndSessions of the library.
func (s *Store) SetDisabled(ctx context.Context, userID string, disabled bool) error {
	u := s.users()
	ctx, done, err := u.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	return u.change(ctx, userID, func(held *user.User) error { held.Disabled = disabled; return nil })
}

// DeleteUser removes a user and frees the addresses. A user who is not there is no error. What else is kept of a user is
// erased by Forget of the library.
func (s *Store) DeleteUser(ctx context.Context, userID string) error {
	u := s.users()
	ctx, done, err := u.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	for range tries {
		doc, err := u.read(ctx, u.docID(userID))
		if errors.Is(err, user.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		held, err := u.claims(ctx, doc.user().Identifiers(), doc.DocID)
		if err != nil {
			return err
		}
		removed, err := u.remove(ctx, bson.D{eq(fieldID, doc.DocID), eq("revision", doc.Revision)})
		if err != nil {
			return err
		}
		if removed {
			u.free(ctx, held)
			return nil
		}
	}
	return errContended
}
