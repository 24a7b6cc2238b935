package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// slack is how far beyond an epoch the highest epoch is moved: a crowd of moves needs one write there.
const slack = 1000

// highestID names the document that no epoch of any user exceeds. It is moved before an epoch is, so that a floor that is set
// beyond it is beyond every epoch that anybody was ever told.
func (s *sessions) highestID() bson.Binary { return s.id("highest epoch") }

// Epoch answers the greater of the user's epoch and the floor, in one round trip; a store without a floor takes two more.
func (s *sessions) Epoch(ctx context.Context, userID string, now int64) (int64, error) {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	for range tries {
		docs, err := s.look(ctx, s.floorID(), s.epochID(userID), s.highestID())
		if err != nil {
			return 0, err
		}
		var floor epochDoc
		found, err := docs.read(s.floorID(), &floor)
		if err != nil {
			return 0, err
		}
		if found {
			epoch, err := docs.epoch(s.epochID(userID), 0)
			return max(floor.Epoch, epoch.Epoch), err
		}
		highest, err := docs.epoch(s.highestID(), 0)
		if err != nil {
			return 0, err
		}
		// Whether this insert wins or another one does: the floor is read, never assumed.
		if _, err := s.insert(ctx, epochDoc{ID: s.floorID(), Epoch: max(now, highest.Epoch+1), Fed: true}); err != nil {
			return 0, err
		}
	}
	return 0, errContended
}

// MoveEpoch moves the user's epoch, in three round trips where nobody else moves it, and four the first time.
func (s *sessions) MoveEpoch(ctx context.Context, userID, except string, now int64) (int64, error) {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	id := s.epochID(userID)
	for range tries {
		docs, err := s.look(ctx, s.floorID(), id, s.highestID())
		if err != nil {
			return 0, err
		}
		floor, highest, err := docs.bounds(s)
		if err != nil {
			return 0, err
		}
		own, err := docs.epoch(id, 0)
		if err != nil {
			return 0, err
		}
		least := max(now, floor+1)
		if next := max(least, own.Epoch+1); highest < next {
			highest = next + slack
			if err := s.merge(ctx, s.highestID(), bson.D{{Key: "$max", Value: bson.D{field("epoch", highest)}}}); err != nil {
				return 0, err
			}
		}
		if len(own.ID.Data) == 0 {
			// What the server stamps is changed, not inserted.
			if _, err := s.insert(ctx, epochDoc{ID: id}); err != nil {
				return 0, err
			}
		}
		change := func(c bson.D) bson.D { return s.told(c, userID, "", "") }
		if moved, err := s.raise(ctx, id, own, epochs{least, highest}, text(except), change); moved > 0 || err != nil {
			return moved, err
		}
	}
	return 0, errContended
}

// MoveFloor moves the floor beyond now and the highest epoch, in two round trips where nobody else moves it.
func (s *sessions) MoveFloor(ctx context.Context, now int64) (int64, error) {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	for range tries {
		docs, err := s.look(ctx, s.floorID(), s.highestID())
		if err != nil {
			return 0, err
		}
		own, err := docs.epoch(s.floorID(), 0)
		if err != nil {
			return 0, err
		}
		floor, highest, err := docs.bounds(s)
		if err != nil {
			return 0, err
		}
		least := max(now, floor+1, highest+1)
		if len(own.ID.Data) == 0 {
			if made, err := s.insert(ctx, epochDoc{ID: s.floorID(), Epoch: least, Fed: true}); made || err != nil {
				return least, err
			}
		}
		same := func(c bson.D) bson.D { return c }
		if moved, err := s.raise(ctx, s.floorID(), own, epochs{least, least + slack}, "", same); moved > 0 || err != nil {
			return moved, err
		}
	}
	return 0, errContended
}

// bounds answers the floor and the highest epoch, 0 for one that is not there.
func (k known) bounds(s *sessions) (floor, highest int64, err error) {
	f, err := k.epoch(s.floorID(), 0)
	if err != nil {
		return 0, 0, err
	}
	h, err := k.epoch(s.highestID(), 0)
	return f.Epoch, h.Epoch, err
}

// epochs are where a number that grows may go to: to least or beyond, and to most at most.
type epochs struct{ least, most int64 }

// raise moves a number that only grows, and that was seen last, to the greater of to.least and itself + 1, and answers it; or 0 where
// that is not to be done any more and the verb has to look again. Two calls never answer the same: of those that would set it to
// the same number one comes first, and the others add to it.
func (s *sessions) raise(
	ctx context.Context, id bson.Binary, seen epochDoc, to epochs, except text, told func(bson.D) bson.D,
) (int64, error) {
	var doc epochDoc
	leap := func() (bool, error) {
		lower := bson.D{eq(fieldID, id), below("epoch", to.least)}
		return s.modify(ctx, lower, told(set(field("epoch", to.least), field("except", except))), &doc)
	}
	step := func() (bool, error) {
		within := bson.D{eq(fieldID, id), atLeast("epoch", to.least), below("epoch", to.most)}
		return s.modify(ctx, within, told(append(set(field("except", except)), add("epoch", 1)...)), &doc)
	}
	first, second := leap, step
	if seen.Epoch >= to.least {
		first, second = step, leap
	}
	moved, err := first()
	if !moved && err == nil {
		moved, err = second()
	}
	if !moved || err != nil {
		return 0, err
	}
	return doc.Epoch, nil
}
