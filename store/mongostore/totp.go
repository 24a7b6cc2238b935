package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/totp"
)

var _ totp.Store = (*enrolments)(nil)

// enrolments is the view of TOTP enrolments: one document for each user, which holds the recovery codes too.
type enrolments struct{ table }

// TOTP is the view of TOTP enrolments.
func (s *Store) TOTP() totp.Store { return &enrolments{s.table(totpTable)} }

// enrolmentDoc is the document of an enrolment, under a hash of its user's id.
type enrolmentDoc struct {
	ID        bson.Binary   `bson:"_id"`
	Enrolment bson.Binary   `bson:"enrolment"`
	Secret    bson.Binary   `bson:"secret"`
	Step      int64         `bson:"step"`
	Codes     []bson.Binary `bson:"codes"`
	EnabledAt bson.DateTime `bson:"enabled_at"`
}

func codesOf(codes [][]byte) []bson.Binary {
	docs := make([]bson.Binary, len(codes))
	for i, c := range codes {
		docs[i] = bson.Binary{Data: c}
	}
	return docs
}

func (e *enrolments) name(userID string) bson.Binary { return e.id("totp", userID) }

// selects is the filter of one enrolment of a user.
func (e *enrolments) selects(userID, id string, more ...bson.E) bson.D {
	return append(bson.D{eq(fieldID, e.name(userID)), eq("enrolment", raw(id))}, more...)
}

// Load answers the user's enrolment, in one round trip.
func (e *enrolments) Load(ctx context.Context, userID string) (totp.Enrolment, error) {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return totp.Enrolment{}, err
	}
	defer done()
	var doc enrolmentDoc
	found, err := e.find(ctx, byID(e.name(userID)), &doc)
	switch {
	case err != nil:
		return totp.Enrolment{}, err
	case !found:
		return totp.Enrolment{}, totp.ErrNotFound
	}
	n := totp.Enrolment{
		UserID: userID, ID: string(doc.Enrolment.Data), Secret: doc.Secret.Data, Step: doc.Step, EnabledAt: instant(doc.EnabledAt),
	}
	for _, c := range doc.Codes {
		n.Codes = append(n.Codes, c.Data)
	}
	return n, nil
}

// Enrol claims the user's document, in one round trip.
func (e *enrolments) Enrol(ctx context.Context, n totp.Enrolment) error {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	stored, err := e.insert(ctx, enrolmentDoc{
		e.name(n.UserID), raw(n.ID), bson.Binary{Data: n.Secret}, n.Step, codesOf(n.Codes), date(n.EnabledAt),
	})
	if err == nil && !stored {
		err = totp.ErrExists
	}
	return err
}

// Advance moves the last accepted step forward, in one round trip.
func (e *enrolments) Advance(ctx context.Context, userID, id string, step int64) (bool, error) {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return e.update(ctx, e.selects(userID, id, below("step", step)), set(field("step", step)))
}

// Reseal replaces the secret while it is the one that the caller has read, in one round trip.
func (e *enrolments) Reseal(ctx context.Context, userID, id string, from, to []byte) (bool, error) {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return e.update(ctx, e.selects(userID, id, eq("secret", bson.Binary{Data: from})), set(field("secret", bson.Binary{Data: to})))
}

// Spend removes a recovery code, in one round trip.
func (e *enrolments) Spend(ctx context.Context, userID, id string, hash []byte) (left int, ok bool, err error) {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return 0, false, err
	}
	defer done()
	code := bson.Binary{Data: hash}
	var doc enrolmentDoc
	ok, err = e.modify(ctx, e.selects(userID, id, eq("codes", code)), bson.D{{Key: "$pull", Value: bson.D{{Key: "codes", Value: code}}}}, &doc)
	return len(doc.Codes), ok, err
}

// Replace puts a new set of recovery codes in place of the old one, in one round trip.
func (e *enrolments) Replace(ctx context.Context, userID, id string, codes [][]byte) error {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	found, err := e.update(ctx, e.selects(userID, id), set(bson.E{Key: "codes", Value: codesOf(codes)}))
	if err == nil && !found {
		err = totp.ErrNotFound
	}
	return err
}

// Delete removes the user's enrolment, in one round trip.
func (e *enrolments) Delete(ctx context.Context, userID string) (bool, error) {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	return e.remove(ctx, byID(e.name(userID)))
}
