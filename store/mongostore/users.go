package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/user"
)

var _ user.Store = (*users)(nil)

// users is the view of the user table: one document for a user, and one for each identifier, whose id is the identifier. A
// user is written first and the identifier claimed second; an identifier counts only while its user names it back.
type users struct {
	table

	identities table
}

func (s *Store) users() *users { return &users{s.table(usersTable), s.table(identitiesTable)} }

// userDoc is a document that holds a user.
type userDoc struct {
	// DocID is a hash of the user's id.
	DocID bson.Binary `bson:"_id"`
	// Revision grows with every change; a change names the one that it was made from.
	Revision int64 `bson:"revision"`
	// Pending is there until the identifiers of a new user are claimed.
	Pending *pending `bson:"pending,omitempty"`

	ID        text `bson:"id"`
	Name      text `bson:"name"`
	Email     text `bson:"email"`
	Phone     text `bson:"phone"`
	TenantID  text `bson:"tenant_id"`
	PartnerID text `bson:"partner_id"`
	Scope     text `bson:"scope"`
	Disabled  bool `bson:"disabled"`
}

// pending says since when a new user waits for identifiers, so that [Store.Sweep] finds one that waits in vain.
type pending struct {
	Since bson.DateTime `bson:"since"`
	// Identities are the document ids of the identifiers, in the order of [identifiers].
	Identities []bson.Binary `bson:"identities"`
}

func (u *users) docID(id string) bson.Binary { return u.id("user", id) }

func (u *users) doc(n user.User, revision int64) userDoc {
	return userDoc{
		DocID: u.docID(n.ID), Revision: revision, ID: text(n.ID), Name: text(n.Name), Email: text(n.Email), Phone: text(n.Phone),
		TenantID: text(n.TenantID), PartnerID: text(n.PartnerID), Scope: text(n.Scope), Disabled: n.Disabled,
	}
}

func (d *userDoc) user() user.User {
	return user.User{
		ID: string(d.ID), Name: string(d.Name), Email: string(d.Email), Phone: string(d.Phone),
		TenantID: string(d.TenantID), PartnerID: string(d.PartnerID), Scope: string(d.Scope), Disabled: d.Disabled,
	}
}

// ByID answers the user, in one round trip.
func (u *users) ByID(ctx context.Context, id string) (user.User, error) {
	ctx, done, err := u.begin(ctx)
	if err != nil {
		return user.User{}, err
	}
	defer done()
	doc, err := u.read(ctx, u.docID(id))
	return doc.user(), err
}

// read answers the user with this document id, or [user.ErrNotFound].
func (u *users) read(ctx context.Context, id bson.Binary) (userDoc, error) {
	var doc userDoc
	found, err := u.find(ctx, byID(id), &doc)
	if err == nil && !found {
		err = user.ErrNotFound
	}
	if err != nil {
		return userDoc{}, err
	}
	return doc, nil
}

// Find answers the user who holds the identifier, in two round trips. It takes as long for who is not there: it asks for nobody's document
// then.
func (u *users) Find(ctx context.Context, id user.Identifier) (user.User, error) {
	ctx, done, err := u.begin(ctx)
	if err != nil {
		return user.User{}, err
	}
	defer done()
	if id.IsZero() {
		return user.User{}, user.ErrNotFound
	}
	var held identity
	found, err := u.identities.find(ctx, byID(u.identityID(id)), &held)
	if err != nil {
		return user.User{}, err
	}
	if !found {
		held.User = u.id("nobody", id.Value)
	}
	doc, err := u.read(ctx, held.User)
	if err != nil {
		return user.User{}, err
	}
	holder := doc.user()
	if holder.Address(id.Kind) != id {
		return user.User{}, user.ErrNotFound
	}
	return holder, nil
}

// Create makes a user with a random id and the scope "tenant", in three round trips.
func (u *users) Create(ctx context.Context, n user.NewUser) (user.User, error) {
	ctx, done, err := u.begin(ctx)
	if err != nil {
		return user.User{}, err
	}
	defer done()
	made := user.User{ID: secret.Handle(16), Name: n.Name, Scope: "tenant"}
	if err := made.SetAddress(n.Identifier); err != nil {
		return user.User{}, err
	}
	if _, err := u.add(ctx, made); err != nil {
		return user.User{}, err
	}
	return made, nil
}

// add stores a new user and then claims the identifiers. It answers false where there is a user with this id.
func (u *users) add(ctx context.Context, n user.User) (bool, error) {
	doc := u.doc(n, 1)
	held := n.Identifiers()
	if len(held) > 0 {
		doc.Pending = &pending{Since: date(u.now())}
		for _, id := range held {
			doc.Pending.Identities = append(doc.Pending.Identities, u.identityID(id))
		}
	}
	if added, err := u.insert(ctx, doc); !added || err != nil {
		return false, err
	}
	if _, err := u.claimAll(ctx, held, doc.DocID); err != nil {
		// What fails here is swept later.
		_, _ = u.remove(ctx, bson.D{eq(fieldID, doc.DocID), eq("revision", doc.Revision)})
		return false, err
	}
	if len(held) > 0 {
		// The user is whole already. A mark that stays is removed by Sweep.
		_, _ = u.update(ctx, byID(doc.DocID), settled)
	}
	return true, nil
}

// settled removes the mark of a new user who waits for identifiers.
var settled = bson.D{{Key: "$unset", Value: bson.D{{Key: "pending", Value: ""}}}}

// SetIdentifier gives the user this identifier in place of the one of the same kind, in five round trips.
func (u *users) SetIdentifier(ctx context.Context, userID string, id user.Identifier) error {
	ctx, done, err := u.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	return u.change(ctx, userID, func(n *user.User) error { return n.SetAddress(id) })
}

// change edits a user: it claims the identifiers that are new, replaces the document, and frees the identifiers that were
// left. It begins anew when somebody else changed the user meanwhile.
func (u *users) change(ctx context.Context, userID string, edit func(*user.User) error) error {
	for range tries {
		doc, err := u.read(ctx, u.docID(userID))
		if err != nil {
			return err
		}
		was := doc.user()
		next := was
		if err := edit(&next); err != nil {
			return err
		}
		if next == was && doc.Pending == nil {
			return nil
		}
		gained, lost := moved(was, next)
		if doc.Pending != nil { // the call that made the user may have ended half way
			gained = next.Identifiers()
		}
		// The claims to be freed are read before the document is replaced: a later claim of the same identifier is another one.
		old, err := u.claims(ctx, lost, doc.DocID)
		if err != nil {
			return err
		}
		claimed, err := u.claimAll(ctx, gained, doc.DocID)
		if err != nil {
			return err
		}
		current := bson.D{eq(fieldID, doc.DocID), eq("revision", doc.Revision)}
		changed, err := u.replace(ctx, current, u.doc(next, doc.Revision+1))
		switch {
		case err != nil:
			return err // what was claimed may count by now
		case changed:
			u.free(ctx, old)
			return nil
		}
		u.free(ctx, claimed)
	}
	return errContended
}

// moved answers the identifiers that a change gains and loses.
func moved(was, next user.User) (gained, lost []user.Identifier) {
	for _, k := range kinds {
		before, after := was.Address(k), next.Address(k)
		if before == after {
			continue
		}
		if !after.IsZero() {
			gained = append(gained, after)
		}
		if !before.IsZero() {
			lost = append(lost, before)
		}
	}
	return gained, lost
}
