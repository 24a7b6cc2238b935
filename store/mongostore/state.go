package mongostore

import (
	"bytes"
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/session"
)

// endMark is a document that ends a session or a token.
type endMark struct {
	ID        bson.Binary   `bson:"_id"`
	At        bson.DateTime `bson:"at"`
	ExpiresAt bson.DateTime `bson:"expires_at"`
}

// epochDoc is a document that holds a number that only grows: a user's epoch, the floor, or the highest epoch. It has no end.
type epochDoc struct {
	ID     bson.Binary `bson:"_id"`
	Epoch  int64       `bson:"epoch"`
	Except text        `bson:"except"`
	// Fed is true of a floor since which every change was told.
	Fed bool `bson:"fed,omitempty"`
}

func (s *sessions) endID(r session.Revocation) bson.Binary {
	if r.SessionID != "" {
		return s.id("session end", r.UserID, r.SessionID)
	}
	return s.id("token end", r.UserID, r.TokenID)
}

func (s *sessions) epochID(userID string) bson.Binary { return s.id("epoch", userID) }

func (s *sessions) floorID() bson.Binary { return s.id("floor") }

// known is what a find by ids brought back.
type known []bson.Raw

// look reads documents by their ids, in one round trip.
func (s *sessions) look(ctx context.Context, ids ...bson.Binary) (known, error) {
	var docs known
	err := s.findAll(ctx, bson.D{anyOf(ids)}, len(ids), nil, &docs)
	return docs, err
}

// read decodes the document with this id, where it is among the known.
func (k known) read(id bson.Binary, out any) (bool, error) {
	for _, doc := range k {
		if _, b, ok := doc.Lookup(fieldID).BinaryOK(); ok && bytes.Equal(b, id.Data) {
			return true, bson.Unmarshal(doc, out)
		}
	}
	return false, nil
}

// epoch answers a number that only grows, or what stands for none.
func (k known) epoch(id bson.Binary, none int64) (epochDoc, error) {
	doc := epochDoc{Epoch: none}
	_, err := k.read(id, &doc)
	return doc, err
}

// end answers when an end mark takes effect, or zero where there is none or nothing left for it to kill.
func (k known) end(id bson.Binary, now time.Time) (time.Time, error) {
	var m endMark
	found, err := k.read(id, &m)
	if !found || err != nil || !instant(m.ExpiresAt).After(now) {
		return time.Time{}, err
	}
	return instant(m.At), nil
}

// ask names what a token is judged by.
type ask struct{ floor, epoch, sessionEnd, tokenEnd bson.Binary }

func (s *sessions) ask(userID, sessionID, tokenID string) (ask, []bson.Binary) {
	a := ask{floor: s.floorID(), epoch: s.epochID(userID)}
	ids := []bson.Binary{a.floor, a.epoch}
	if sessionID != "" {
		a.sessionEnd = s.endID(session.Revocation{UserID: userID, SessionID: sessionID})
		ids = append(ids, a.sessionEnd)
	}
	if tokenID != "" {
		a.tokenEnd = s.endID(session.Revocation{UserID: userID, TokenID: tokenID})
		ids = append(ids, a.tokenEnd)
	}
	return a, ids
}

// state reads the answer.
func (k known) state(a ask, now time.Time) (session.State, error) {
	floor, err := k.epoch(a.floor, session.Emptied)
	if err != nil {
		return session.State{}, err
	}
	epoch, err := k.epoch(a.epoch, 0)
	if err != nil {
		return session.State{}, err
	}
	st := session.State{Floor: floor.Epoch, Epoch: epoch.Epoch, Except: string(epoch.Except)}
	if st.SessionEnd, err = k.end(a.sessionEnd, now); err != nil {
		return session.State{}, err
	}
	st.TokenEnd, err = k.end(a.tokenEnd, now)
	return st, err
}

// State answers what is known against a token, in one round trip.
func (s *sessions) State(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return session.State{}, err
	}
	defer done()
	a, ids := s.ask(userID, sessionID, tokenID)
	docs, err := s.look(ctx, ids...)
	if err != nil {
		return session.State{}, err
	}
	return docs.state(a, s.now())
}

// Load answers a session of the user with what is known against it and the token, in one round trip.
func (s *sessions) Load(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return session.Session{}, session.State{}, err
	}
	defer done()
	a, ids := s.ask(userID, id, tokenID)
	sid := s.sessionID(userID, id)
	docs, err := s.look(ctx, append(ids, sid)...)
	if err != nil {
		return session.Session{}, session.State{}, err
	}
	now := s.now()
	var doc sessionDoc
	found, err := docs.read(sid, &doc)
	if err != nil {
		return session.Session{}, session.State{}, err
	}
	if !found || !instant(doc.ExpiresAt).After(now) {
		return session.Session{}, session.State{}, session.ErrNotFound
	}
	st, err := docs.state(a, now)
	if err != nil {
		return session.Session{}, session.State{}, err
	}
	own, err := decodeSession(doc.Record)
	return own, st, err
}

// Revoke records r in one round trip. The earlier At and the later Until hold, whoever comes first.
func (s *sessions) Revoke(ctx context.Context, r session.Revocation) error {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	return s.merge(ctx, s.endID(r), s.told(bson.D{
		{Key: "$min", Value: bson.D{field("at", date(r.At))}},
		{Key: "$max", Value: bson.D{field(fieldExpires, date(r.Until))}},
	}, r.UserID, r.SessionID, r.TokenID))
}
