package mongostore

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/oauth"
)

var _ oauth.Store = (*links)(nil)

// links is the view of identities at providers: one document for each link, which claims the identity.
type links struct{ table }

// Links is the view of identities at providers.
func (s *Store) Links() oauth.Store { return &links{s.table(linksTable)} }

// mostLinks bounds a list. Every link is a sign-in at a provider by hand.
const mostLinks = 10_000

type linkDoc struct {
	DocID bson.Binary `bson:"_id"`
	// User is a hash of the user's id.
	User bson.Binary `bson:"user"`

	ID       text          `bson:"id"`
	UserID   text          `bson:"user_id"`
	Provider text          `bson:"provider"`
	Issuer   text          `bson:"issuer"`
	Subject  text          `bson:"subject"`
	Email    text          `bson:"email"`
	LinkedAt bson.DateTime `bson:"linked_at"`
}

func (l *links) name(id string) bson.Binary { return l.id("link", id) }

func (l *links) owner(userID string) bson.Binary { return l.id("user", userID) }

func (d *linkDoc) link() oauth.Link {
	return oauth.Link{
		ID: string(d.ID), UserID: string(d.UserID), Provider: string(d.Provider), Issuer: string(d.Issuer), Subject: string(d.Subject),
		Email: string(d.Email), LinkedAt: instant(d.LinkedAt),
	}
}

// Add stores n unless a link has its id, in one round trip.
func (l *links) Add(ctx context.Context, n oauth.Link) error {
	ctx, done, err := l.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	stored, err := l.insert(ctx, linkDoc{
		DocID: l.name(n.ID), User: l.owner(n.UserID), ID: text(n.ID), UserID: text(n.UserID), Provider: text(n.Provider), Issuer: text(n.Issuer),
		Subject: text(n.Subject), Email: text(n.Email), LinkedAt: date(n.LinkedAt),
	})
	if err == nil && !stored {
		err = oauth.ErrExists
	}
	return err
}

// Load answers the link, in one round trip.
func (l *links) Load(ctx context.Context, id string) (oauth.Link, error) {
	ctx, done, err := l.begin(ctx)
	if err != nil {
		return oauth.Link{}, err
	}
	defer done()
	var doc linkDoc
	found, err := l.find(ctx, byID(l.name(id)), &doc)
	if err == nil && !found {
		err = oauth.ErrNotFound
	}
	if err != nil {
		return oauth.Link{}, err
	}
	return doc.link(), nil
}

// List answers the user's links, the oldest first, in one round trip, by an index.
func (l *links) List(ctx context.Context, userID string) ([]oauth.Link, error) {
	ctx, done, err := l.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var docs []linkDoc
	if err := l.findAll(ctx, bson.D{eq("user", l.owner(userID))}, mostLinks, bson.D{{Key: "linked_at", Value: 1}}, &docs); err != nil {
		return nil, err
	}
	list := make([]oauth.Link, len(docs))
	for i := range docs {
		list[i] = docs[i].link()
	}
	slices.SortStableFunc(list, func(a, b oauth.Link) int {
		if c := a.LinkedAt.Compare(b.LinkedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list, nil
}

// Delete removes a link of the user, in one round trip.
func (l *links) Delete(ctx context.Context, userID, id string) (bool, error) {
	ctx, done, err := l.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return l.remove(ctx, append(byID(l.name(id)), eq("user", l.owner(userID))))
}

// DeleteAll removes every link of the user, in one round trip.
func (l *links) DeleteAll(ctx context.Context, userID string) error {
	ctx, done, err := l.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = l.removeAll(ctx, bson.D{eq("user", l.owner(userID))})
	return err
}
