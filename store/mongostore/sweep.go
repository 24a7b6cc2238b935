package mongostore

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/user"
)

// A call of Sweep removes at most sweepRounds times sweepBatch documents of a collection.
const (
	sweepBatch  = 1000
	sweepRounds = 20
)

// Sweep removes what expired more than an hour ago, and users whose sign-up ended half way, and answers how many documents
// it removed. MongoDB's own TTL indexes do the first; without them call it every few minutes, and with them once a day or
// never. It is bounded: call it again when it answers many. Any number of instances may call it at once.
//
// Nothing that anybody may still read is removed, so a call that fails half way has done no harm.
func (s *Store) Sweep(ctx context.Context) (int64, error) {
	removed, err := s.sweepUsers(ctx)
	if err != nil {
		return removed, err
	}
	for _, c := range collections {
		if !c.expires {
			continue
		}
		n, err := sweepExpired(ctx, s.table(c.name))
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func sweepExpired(ctx context.Context, t table) (removed int64, err error) {
	for range sweepRounds {
		n, err := sweepSome(ctx, t)
		removed += n
		if err != nil || n < sweepBatch {
			return removed, err
		}
	}
	return removed, nil
}

// sweepSome removes one batch. The condition is checked again with every document that is removed: it may have been replaced
// by one that is alive.
func sweepSome(ctx context.Context, t table) (int64, error) {
	ctx, done, err := t.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	expired := upTo(fieldExpires, date(t.now().Add(-margin)))
	var found []struct {
		ID bson.Binary `bson:"_id"`
	}
	if err := t.findAll(ctx, bson.D{expired}, sweepBatch, nil, &found); err != nil || len(found) == 0 {
		return 0, err
	}
	ids := make([]bson.Binary, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	return t.removeAll(ctx, bson.D{anyOf(ids), expired})
}

// sweepUsers removes users who have waited for their identifiers for more than an hour, and settles those who got one.
func (s *Store) sweepUsers(ctx context.Context) (removed int64, err error) {
	u := s.users()
	waiting, err := u.waiting(ctx)
	if err != nil {
		return 0, err
	}
	for _, w := range waiting {
		gone, err := u.settle(ctx, w)
		if err != nil {
			return removed, err
		}
		if gone {
			removed++
		}
	}
	return removed, nil
}

// waiting answers users of every namespace.
func (u *users) waiting(ctx context.Context) (waiting []userDoc, err error) {
	ctx, done, err := u.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	err = u.findAll(ctx, bson.D{upTo("pending.since", date(u.now().Add(-margin)))}, sweepBatch, nil, &waiting)
	return waiting, err
}

// settle removes a user who got none of the identifiers, whom therefore nobody can be, and answers true; or leaves the user
// with those that were claimed. Nothing is done when the user was changed meanwhile.
func (u *users) settle(ctx context.Context, w userDoc) (bool, error) {
	ctx, done, err := u.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	var held []identity
	if err := u.identities.findAll(ctx, bson.D{anyOf(w.Pending.Identities), eq(fieldUser, w.DocID)}, len(kinds), nil, &held); err != nil {
		return false, err
	}
	current := bson.D{eq(fieldID, w.DocID), eq("revision", w.Revision)}
	if len(held) == 0 {
		return u.remove(ctx, current)
	}
	next := w
	next.Revision, next.Pending = w.Revision+1, nil
	for i, id := range w.user().Identifiers() {
		if i < len(w.Pending.Identities) && !claimed(held, w.Pending.Identities[i]) {
			next.clear(id.Kind)
		}
	}
	_, err = u.replace(ctx, current, next)
	return false, err
}

func claimed(held []identity, id bson.Binary) bool {
	return slices.ContainsFunc(held, func(i identity) bool { return i.ID.Equal(id) })
}

// clear takes the address of a kind away.
func (d *userDoc) clear(k user.Kind) {
	switch k {
	case user.Email:
		d.Email = ""
	case user.Phone:
		d.Phone = ""
	}
}
