package redisstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/oauth"
)

var _ oauth.Store = links{}

// links is the view of identities at providers: one hash for each link, which claims the identity, and for each user a set of ids. As
// with passkeys, an id enters the set first and leaves it last.
type links struct{ view }

// Links is the view of identities at providers.
func (s *Store) Links() oauth.Store { return links{s.view} }

func (l links) name(id string) string { return l.key.of(id, "link") }

func (l links) set(userID string) string { return l.key.of(userID, "links") }

func (l links) owned(userID, id string) owned {
	return owned{view: l.view, record: l.name(id), field: "user", set: l.set(userID), owner: userID, id: id}
}

type link struct {
	UserID   string    `json:"user_id"`
	Provider string    `json:"provider"`
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"subject"`
	Email    string    `json:"email"`
	LinkedAt time.Time `json:"linked_at"`
}

var addLink = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'user', ARGV[1], 'record', ARGV[2])
return 1
`)

// Add stores l unless a link has its id.
func (l links) Add(ctx context.Context, n oauth.Link) error {
	record, err := encode(link{n.UserID, n.Provider, n.Issuer, n.Subject, n.Email, exact(n.LinkedAt)})
	if err != nil {
		return err
	}
	ctx, cancel := l.c.within(ctx)
	defer cancel()
	mine := l.owned(n.UserID, n.ID)
	if _, err := mine.enlist(ctx); err != nil {
		return err
	}
	cmd, err := l.c.run(ctx, addLink, []string{l.name(n.ID)}, n.UserID, record)
	if err != nil {
		return err
	}
	switch done, err := cmd.Bool(); {
	case err != nil:
		return wrap(err)
	case !done:
		return oauth.ErrExists // the set may name a link of somebody else: List leaves that out
	}
	_, err = mine.enlist(ctx)
	return err
}

func (l links) get(ctx context.Context, id string) *redis.SliceCmd {
	return redis.NewSliceCmd(ctx, "hmget", l.name(id), "record")
}

// Load answers the link.
func (l links) Load(ctx context.Context, id string) (oauth.Link, error) {
	cmd := l.get(ctx, id)
	if err := l.c.read(ctx, cmd); err != nil {
		return oauth.Link{}, err
	}
	return readLink(id, cmd.Val())
}

func readLink(id string, parts []any) (oauth.Link, error) {
	if len(parts) != 1 || parts[0] == nil {
		return oauth.Link{}, oauth.ErrNotFound
	}
	text, _ := parts[0].(string)
	var r link
	if err := decode(text, &r); err != nil {
		return oauth.Link{}, err
	}
	return oauth.Link{
		ID: id, UserID: r.UserID, Provider: r.Provider, Issuer: r.Issuer, Subject: r.Subject, Email: r.Email, LinkedAt: exact(r.LinkedAt),
	}, nil
}

func (l links) ids(ctx context.Context, userID string) ([]string, error) {
	cmd := redis.NewStringSliceCmd(ctx, "smembers", l.set(userID))
	err := l.c.read(ctx, cmd)
	return cmd.Val(), err
}

// List answers the user's links, the oldest first.
func (l links) List(ctx context.Context, userID string) ([]oauth.Link, error) {
	ctx, cancel := l.c.within(ctx)
	defer cancel()
	ids, err := l.ids(ctx, userID)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	found, cmds := make([]*redis.SliceCmd, len(ids)), make([]redis.Cmder, len(ids))
	for i, id := range ids {
		found[i] = l.get(ctx, id)
		cmds[i] = found[i]
	}
	if err := l.c.read(ctx, cmds...); err != nil {
		return nil, err
	}
	var list []oauth.Link
	for i, cmd := range found {
		n, err := readLink(ids[i], cmd.Val())
		switch {
		case errors.Is(err, oauth.ErrNotFound):
		case err != nil:
			return nil, err
		case n.UserID == userID:
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b oauth.Link) int { return cmp.Or(a.LinkedAt.Compare(b.LinkedAt), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// Delete removes a link of the user. The script is the one of passkeys: both are hashes that name their user.
func (l links) Delete(ctx context.Context, userID, id string) (bool, error) {
	ctx, cancel := l.c.within(ctx)
	defer cancel()
	cmd, err := l.c.run(ctx, deletePasskey, []string{l.name(id)}, userID)
	if err != nil {
		return false, err
	}
	was, err := cmd.Bool()
	if err != nil || !was {
		return false, wrap(err)
	}
	return true, l.owned(userID, id).delist(ctx)
}

// DeleteAll removes every link of the user.
func (l links) DeleteAll(ctx context.Context, userID string) error {
	ctx, cancel := l.c.within(ctx)
	defer cancel()
	ids, err := l.ids(ctx, userID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := l.c.run(ctx, deletePasskey, []string{l.name(id)}, userID); err != nil {
			return err
		}
		if err := l.owned(userID, id).delist(ctx); err != nil {
			return err
		}
	}
	return nil
}
