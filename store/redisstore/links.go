package redisstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/oauth"
)

var _ oauth.Store = links{}

// links is the view of identities at providers: one hash for each link, which claims the identity, and a shelf for each user.
type links struct{ view }

// Links is the view of identities at providers.
func (s *Store) Links() oauth.Store { return links{s.view} }

func (l links) name(id string) string { return l.key.of(id, "link") }

func (l links) of(userID string) shelf {
	return shelf{view: l.view, owner: userID, field: "user", set: l.key.of(userID, "links"), record: l.name}
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
	done, err := l.of(n.UserID).add(ctx, n.ID, addLink, n.UserID, record)
	if err == nil && !done {
		err = oauth.ErrExists
	}
	return err
}

// Load answers the link.
func (l links) Load(ctx context.Context, id string) (oauth.Link, error) {
	cmd := hashFields(ctx, l.name(id), "record")
	if err := l.c.read(ctx, cmd); err != nil {
		return oauth.Link{}, err
	}
	return readLink(id, cmd.Val())
}

// readLink makes a link of its field "record".
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

// List answers the user's links, the oldest first.
func (l links) List(ctx context.Context, userID string) ([]oauth.Link, error) {
	ctx, cancel := l.c.within(ctx)
	defer cancel()
	list, err := listed(ctx, l.of(userID), []string{"record"}, readLink)
	slices.SortFunc(list, func(a, b oauth.Link) int { return cmp.Or(a.LinkedAt.Compare(b.LinkedAt), cmp.Compare(a.ID, b.ID)) })
	return list, err
}

// Delete removes a link of the user.
func (l links) Delete(ctx context.Context, userID, id string) (bool, error) {
	ctx, cancel := l.c.within(ctx)
	defer cancel()
	_, was, err := l.of(userID).remove(ctx, id)
	return was, err
}

// DeleteAll removes every link of the user.
func (l links) DeleteAll(ctx context.Context, userID string) error {
	ctx, cancel := l.c.within(ctx)
	defer cancel()
	return l.of(userID).removeAll(ctx)
}
