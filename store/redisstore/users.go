package redisstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/user"
)

var _ user.Store = users{}

// errBusy is beside the errors of [user.Store].
var errBusy = errors.New("redisstore: others keep changing the user")

// unclaimed is how long the record of a user lives who has no identifier yet: one whose making was cut off.
const unclaimed = time.Hour

// users is the view of the user table: one record for each user, one claim for each identifier. An identifier counts only
// if the user of its claim names it back.
type users struct{ view }

func (u users) name(id string) string { return u.key.of(id, "user") }

// load answers the user and the record as it is.
func (u users) load(ctx context.Context, id string) (user.User, string, error) {
	cmd := redis.NewStringCmd(ctx, "get", u.name(id))
	if err := u.c.read(ctx, cmd); err != nil {
		return user.User{}, "", err
	}
	return userOf(cmd.Val(), cmd.Err())
}

func userOf(record string, err error) (user.User, string, error) {
	if errors.Is(err, redis.Nil) {
		return user.User{}, "", user.ErrNotFound
	}
	var found user.User
	if err := decode(record, &found); err != nil {
		return user.User{}, "", err
	}
	return found, record, nil
}

// ByID answers the user.
func (u users) ByID(ctx context.Context, id string) (user.User, error) {
	found, _, err := u.load(ctx, id)
	return found, err
}

// lasting answers a record and lets it last from then on.
var lasting = redis.NewScript(`
local record = redis.call('GET', KEYS[1])
if record and redis.call('PTTL', KEYS[1]) >= 0 then redis.call('PERSIST', KEYS[1]) end
return record
`)

// Find answers the user who holds the identifier. It takes as long for who is not there: it asks for nobody's record then.
func (u users) Find(ctx context.Context, id user.Identifier) (user.User, error) {
	ctx, cancel := u.c.within(ctx)
	defer cancel()
	held, err := u.claimed(ctx, id)
	if err != nil {
		return user.User{}, err
	}
	holder := held.userID
	if held.none() {
		holder = id.Value
	}
	cmd, err := u.c.run(ctx, lasting, []string{u.name(holder)})
	if err != nil {
		return user.User{}, err
	}
	record, _ := cmd.Val().(string)
	found, _, err := userOf(record, cmd.Err())
	if err == nil && (held.none() || found.Address(id.Kind) != id) {
		err = user.ErrNotFound
	}
	if err != nil {
		return user.User{}, err
	}
	return found, nil
}

// Create makes a user with a random id and the scope "tenant". The record comes first, with an end, then the claim, then the
// record lasts: what is cut off in between is either gone in an hour or found, and lasts then.
func (u users) Create(ctx context.Context, n user.NewUser) (user.User, error) {
	ctx, cancel := u.c.within(ctx)
	defer cancel()
	made := user.User{ID: secret.Handle(16), Name: n.Name, Scope: "tenant"}
	if err := made.SetAddress(n.Identifier); err != nil {
		return user.User{}, err
	}
	record, err := encode(made)
	if err != nil {
		return user.User{}, err
	}
	key := u.name(made.ID)
	if err := u.c.write(ctx, redis.NewStatusCmd(ctx, "set", key, record, "px", unclaimed.Milliseconds())); err != nil {
		return user.User{}, err
	}
	won, err := u.claim(ctx, n.Identifier, made.ID)
	if err != nil {
		return user.User{}, err
	}
	if !won {
		if err := u.c.write(ctx, redis.NewIntCmd(ctx, "del", key)); err != nil {
			return user.User{}, err
		}
		return user.User{}, user.ErrExists
	}
	if err := u.c.write(ctx, redis.NewIntCmd(ctx, "persist", key)); err != nil {
		return user.User{}, err
	}
	return made, nil
}

// SetIdentifier gives the user this identifier in place of the one of the same kind.
func (u users) SetIdentifier(ctx context.Context, userID string, id user.Identifier) error {
	return u.change(ctx, userID, func(held *user.User) error { return held.SetAddress(id) })
}

// change replaces the record of a user by what edit makes of it: it claims the identifiers that are new, replaces the record if
// it is still as it was read, and frees the identifiers that are gone. What is cut off in between is a claim that the user
// does not name back: it counts for nothing.
func (u users) change(ctx context.Context, userID string, edit func(*user.User) error) error {
	ctx, cancel := u.c.within(ctx)
	defer cancel()
	for range claimTries {
		was, record, err := u.load(ctx, userID)
		if err != nil {
			return err
		}
		next := was
		if err := edit(&next); err != nil {
			return err
		}
		done, err := u.replace(ctx, was, next, record)
		if done || err != nil {
			return err
		}
	}
	return errBusy
}

// replace replaces the record of was by that of next, and reports whether it did: not where somebody else was faster. An
// empty record is that of a user who is not there yet.
func (u users) replace(ctx context.Context, was, next user.User, record string) (bool, error) {
	fresh := slices.DeleteFunc(next.Identifiers(), func(id user.Identifier) bool { return was.Address(id.Kind) == id })
	for i, id := range fresh {
		won, err := u.claim(ctx, id, next.ID)
		if err != nil {
			return false, err
		}
		if !won {
			return false, errors.Join(user.ErrExists, u.free(ctx, next.ID, fresh[:i]))
		}
	}
	return u.settle(ctx, was, next, record, fresh)
}

// settle is replace after the claims to fresh identifiers.
func (u users) settle(ctx context.Context, was, next user.User, record string, fresh []user.Identifier) (bool, error) {
	text, err := encode(next)
	if err != nil {
		return false, err
	}
	swapped, err := u.swap(ctx, u.name(next.ID), record, text, 0)
	if err != nil || !swapped {
		return false, err
	}
	for _, id := range fresh {
		held, err := u.claimed(ctx, id)
		if err != nil {
			return false, err
		}
		if held.userID == next.ID {
			continue
		}
		// Whoever is so slow that the claim was taken over meanwhile gives way.
		if back, err := u.swap(ctx, u.name(next.ID), text, record, 0); err != nil || back {
			return false, errors.Join(user.ErrExists, err)
		}
	}
	gone := slices.DeleteFunc(was.Identifiers(), func(id user.Identifier) bool { return next.Address(id.Kind) == id })
	return true, u.free(ctx, next.ID, gone)
}
