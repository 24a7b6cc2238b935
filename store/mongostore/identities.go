package mongostore

import (
	"bytes"
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/user"
)

// identity is a document that says who claims an identifier. Only insert makes one: of many who claim at once one does.
type identity struct {
	ID bson.Binary `bson:"_id"`
	// User is the document id of the claimant.
	User bson.Binary `bson:"user"`
	// Claim is random, so that a claim that was given up is not taken for the next one of the same user.
	Claim     text          `bson:"claim"`
	ClaimedAt bson.DateTime `bson:"claimed_at"`
}

// claimGrace is how long a claim that no user names yet is left alone: whoever made it may be about to write the user.
const claimGrace = 10 * time.Minute

// kinds are the kinds of identifier that a user holds one of each.
var kinds = []user.Kind{user.Email, user.Phone}

func (u *users) identityID(id user.Identifier) bson.Binary {
	return u.identities.id("identity", string(id.Kind), id.Value)
}

// claimAll claims each identifier for the owner, or none and answers [user.ErrExists]. It answers the claims that this call
// made and may free again.
func (u *users) claimAll(ctx context.Context, ids []user.Identifier, owner bson.Binary) ([]identity, error) {
	claimed := make([]identity, 0, len(ids))
	for _, id := range ids {
		c, made, err := u.claim(ctx, id, owner)
		if err != nil {
			u.free(ctx, claimed)
			return nil, err
		}
		if made {
			claimed = append(claimed, c)
		}
	}
	return claimed, nil
}

// claim makes the identifier the owner's, who does not name it yet, or answers [user.ErrExists]. A claim that the owner has
// already is renewed: it is left over from a call that ended half way, or it is that of a call beside this one, which
// can no longer free it. Such a claim is not made by this call, and this call must not free it either.
func (u *users) claim(ctx context.Context, id user.Identifier, owner bson.Binary) (mine identity, made bool, err error) {
	mine = identity{ID: u.identityID(id), User: owner, Claim: text(secret.Handle(16))}
	for range tries {
		now := u.now()
		mine.ClaimedAt = date(now)
		if made, err := u.identities.insert(ctx, mine); made || err != nil {
			return mine, made, err
		}
		var held identity
		if found, err := u.identities.find(ctx, byID(mine.ID), &held); err != nil {
			return identity{}, false, err
		} else if !found {
			continue
		}
		if bytes.Equal(held.User.Data, owner.Data) {
			if renewed, err := u.identities.replace(ctx, exactly(held), mine); renewed || err != nil {
				return mine, false, err
			}
			continue
		}
		counts, err := u.counts(ctx, id, held)
		if err != nil {
			return identity{}, false, err
		}
		if counts || now.Before(instant(held.ClaimedAt).Add(claimGrace)) {
			return identity{}, false, user.ErrExists
		}
		if _, err := u.identities.remove(ctx, exactly(held)); err != nil {
			return identity{}, false, err
		}
	}
	return identity{}, false, errContended
}

// counts reports whether the claimant names the identifier back.
func (u *users) counts(ctx context.Context, id user.Identifier, held identity) (bool, error) {
	doc, err := u.read(ctx, held.User)
	if errors.Is(err, user.ErrNotFound) {
		return false, nil
	}
	holder := doc.user()
	return holder.Address(id.Kind) == id, err
}

// exactly selects this claim and no later one of the same identifier.
func exactly(i identity) bson.D {
	return bson.D{eq(fieldID, i.ID), eq(fieldUser, i.User), eq("claim", i.Claim)}
}

// claims answers the owner's claims of identifiers, in one round trip.
func (u *users) claims(ctx context.Context, ids []user.Identifier, owner bson.Binary) ([]identity, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	docIDs := make([]bson.Binary, len(ids))
	for i, id := range ids {
		docIDs[i] = u.identityID(id)
	}
	var held []identity
	err := u.identities.findAll(ctx, bson.D{anyOf(docIDs), eq(fieldUser, owner)}, len(ids), nil, &held)
	return held, err
}

// free gives up claims. One that cannot be given up counts for nothing, since no user names it, and is free for others
// after [claimGrace].
func (u *users) free(ctx context.Context, claims []identity) {
	for _, c := range claims {
		_, _ = u.identities.remove(ctx, exactly(c))
	}
}
