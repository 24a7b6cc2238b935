package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/user"
)

// PutUser stores n in place of the user with its ID, for hosts that bring their own accounts. Addresses are brought into
// normal form; an address that is none is an error, and one that another user holds is [user.ErrExists].
func (s *Store) PutUser(ctx context.Context, n user.User) error {
	if n.ID == "" {
		return errors.New("redisstore: a user needs an ID")
	}
	for _, address := range []struct {
		value *string
		parse func(string) (user.Identifier, error)
	}{{&n.Email, user.ParseEmail}, {&n.Phone, user.ParsePhone}} {
		if *address.value == "" {
			continue
		}
		id, err := address.parse(*address.value)
		if err != nil {
			return fmt.Errorf("redisstore: user: %w", err)
		}
		*address.value = id.Value
	}
	ctx, cancel := s.c.within(ctx)
	defer cancel()
	u := users{s.view}
	for range claimTries {
		was, record, err := u.load(ctx, n.ID)
		if err != nil && !errors.Is(err, user.ErrNotFound) {
			return err
		}
		done, err := u.replace(ctx, was, n, record)
		if done || err != nil {
			return err
		}
	}
	return errBusy
}

// SetDisabled refuses or allows every further sign-in and refresh of a user, or answers [user.ErrNotFound]. It ends no
// session: that is EndSessions of the library.
func (s *Store) SetDisabled(ctx context.Context, userID string, disabled bool) error {
	return users{s.view}.change(ctx, userID, func(held *user.User) error {
		held.Disabled = disabled
		return nil
	})
}

// DeleteUser removes a user and frees the addresses. A user who is not there is no error. What else is kept of a user is
// erased by Forget of the library.
func (s *Store) DeleteUser(ctx context.Context, userID string) error {
	ctx, cancel := s.c.within(ctx)
	defer cancel()
	u := users{s.view}
	held, _, err := u.load(ctx, userID)
	if errors.Is(err, user.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.c.write(ctx, redis.NewIntCmd(ctx, "del", u.name(userID))); err != nil {
		return err
	}
	return u.free(ctx, userID, held.Identifiers())
}
