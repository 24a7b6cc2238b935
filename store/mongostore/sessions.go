package mongostore

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/session"
)

var _ session.Store = (*sessions)(nil)

// errSession says that a caller breaks the contract of [session.Store].
var errSession = errors.New("mongostore: there is a session with this id")

// sessions is the view of sessions and of what is known against tokens. All of it lies in one collection, so that a single find
// by ids answers everything that a request or a refresh has to know. Ids tell the kinds of documents apart: a session, an
// end mark of a session, an end mark of a token, a user's epoch, and the floor and the highest epoch of everybody.
type sessions struct{ table }

// sessionDoc is a document that holds a session. The record is what comes back; the rest is for filters.
type sessionDoc struct {
	ID bson.Binary `bson:"_id"`
	// User is a hash of the owner's id. No other kind of document has it.
	User bson.Binary `bson:"user"`
	// TokenID is the current token's.
	TokenID   bson.Binary   `bson:"jti"`
	CreatedAt bson.DateTime `bson:"created_at"`
	ExpiresAt bson.DateTime `bson:"expires_at"`
	Record    bson.Binary   `bson:"record"`
}

func (s *sessions) sessionID(userID, id string) bson.Binary { return s.id("session", userID, id) }

func (s *sessions) owner(userID string) bson.Binary { return s.id("user", userID) }

func (s *sessions) doc(n session.Session) (sessionDoc, error) {
	record, err := encodeSession(n)
	return sessionDoc{
		ID: s.sessionID(n.UserID, n.ID), User: s.owner(n.UserID), TokenID: raw(n.Token.TokenID),
		CreatedAt: date(n.CreatedAt), ExpiresAt: date(n.ExpiresAt), Record: record,
	}, err
}

// Create stores a session whose id is new, in one round trip.
func (s *sessions) Create(ctx context.Context, n session.Session) error {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	doc, err := s.doc(n)
	if err != nil {
		return err
	}
	stored, err := s.insert(ctx, doc)
	if err == nil && !stored {
		err = errSession
	}
	return err
}

// Rotate replaces the session if its current token is still the one named by from, in one round trip: a single update whose
// filter names that token.
func (s *sessions) Rotate(ctx context.Context, from string, next session.Session) (bool, error) {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	doc, err := s.doc(next)
	if err != nil {
		return false, err
	}
	return s.replace(ctx, append(live(doc.ID, s.now()), eq("jti", raw(from))), doc)
}

// List answers the newest sessions of the user, in one round trip, by an index.
func (s *sessions) List(ctx context.Context, userID string, limit int) ([]session.Session, error) {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if limit <= 0 {
		return nil, nil
	}
	var docs []sessionDoc
	newest := bson.D{{Key: fieldCreated, Value: -1}, {Key: fieldID, Value: -1}}
	filter := bson.D{eq(fieldUser, s.owner(userID)), above(fieldExpires, date(s.now()))}
	if err := s.findAll(ctx, filter, limit, newest, &docs); err != nil {
		return nil, err
	}
	list := make([]session.Session, len(docs))
	for i, d := range docs {
		if list[i], err = decodeSession(d.Record); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Delete removes a session of the user, in one round trip.
func (s *sessions) Delete(ctx context.Context, userID, id string) error {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = s.remove(ctx, byID(s.sessionID(userID, id)))
	return err
}

// DeleteAll removes every session of the user, in one round trip.
func (s *sessions) DeleteAll(ctx context.Context, userID string) error {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = s.removeAll(ctx, bson.D{eq(fieldUser, s.owner(userID))})
	return err
}
