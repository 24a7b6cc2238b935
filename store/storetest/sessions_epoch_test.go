package storetest

import (
	"context"
	"sync"

	"github.com/crafteasy/auth/session"
)

// epochs is a simple store of epochs that begins empty, with places to break it.
type epochs struct {
	mu, step sync.Mutex
	floor    int64 // 0: none
	highest  int64
	of       map[string]int64
	except   map[string]string

	loose bool                                          // a verb lets others in between reading and writing
	none  int64                                         // the floor where there is none
	first func(floor, now int64) int64                  // the floor that Epoch leaves
	reads func(epoch, floor int64) int64                // what Epoch answers
	next  func(now, epoch, floor int64) int64           // the new epoch
	spare func(held, fresh string) string               // the new exception
	raise func(userFloor, now, floor, high int64) int64 // the new floor
	seen  func(userID string, floor int64) int64        // the floor as a user sees it
}

func newEpochs() *epochs {
	return &epochs{
		of: map[string]int64{}, except: map[string]string{}, none: session.Emptied,
		first: func(floor, now int64) int64 {
			if floor == 0 {
				return now
			}
			return floor
		},
		reads: func(epoch, floor int64) int64 { return max(epoch, floor) },
		next:  func(now, epoch, floor int64) int64 { return max(now, epoch+1, floor+1) },
		spare: func(_, fresh string) string { return fresh },
		raise: func(_, now, floor, high int64) int64 { return max(now, floor+1, high+1) },
		seen:  func(_ string, floor int64) int64 { return floor },
	}
}

// verb runs read and then write, in one step unless the store is loose.
func (e *epochs) verb(ctx context.Context, read, write func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !e.loose {
		e.step.Lock()
		defer e.step.Unlock()
	}
	e.locked(read)
	if e.loose {
		gap()
	}
	e.locked(write)
	return nil
}

func (e *epochs) locked(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}

// serve lets f answer epochs out of e.
func (e *epochs) serve(s session.Store, f *faultySessions) {
	f.state = func(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
		st, err := s.State(ctx, userID, sessionID, tokenID)
		e.locked(func() { st.Floor, st.Epoch, st.Except = e.seen(userID, e.floor), e.of[userID], e.except[userID] })
		if st.Floor == 0 {
			st.Floor = e.none
		}
		return st, err
	}
	f.epoch = func(ctx context.Context, userID string, now int64) (answer int64, err error) {
		var floor int64
		err = e.verb(ctx, func() { floor = e.first(e.floor, now) }, func() {
			e.floor = floor
			answer = e.reads(e.of[userID], e.seen(userID, floor))
		})
		return answer, err
	}
	f.moveEpoch = func(ctx context.Context, userID, except string, now int64) (moved int64, err error) {
		err = e.verb(ctx, func() { moved = e.next(now, e.of[userID], e.floor) }, func() {
			e.of[userID], e.except[userID] = moved, e.spare(e.except[userID], except)
			e.highest = max(e.highest, moved)
		})
		return moved, err
	}
	f.moveFloor = func(ctx context.Context, now int64) (moved int64, err error) {
		err = e.verb(ctx, func() { moved = e.raise(e.floor, now, e.floor, e.highest) }, func() { e.floor = moved })
		return moved, err
	}
}

func withEpochs(spoil func(*epochs)) Open[session.Store] {
	return withSessions(func(s session.Store, f *faultySessions) {
		e := newEpochs()
		spoil(e)
		e.serve(s, f)
	})
}

var epochFlaws = []flaw[session.Store]{
	{"MoveEpoch answers now", withEpochs(func(e *epochs) { e.next = func(now, _, _ int64) int64 { return now } }), []string{
		"MoveEpoch answers the greatest of now, the epoch + 1 and the floor + 1", "an epoch never goes back",
		"a floor that has moved holds for everybody from then on",
	}},
	{"MoveEpoch counts from 1", withEpochs(func(e *epochs) { e.next = func(_, epoch, _ int64) int64 { return epoch + 1 } }), []string{
		"MoveEpoch answers the greatest of now, the epoch + 1 and the floor + 1",
	}},
	{"MoveEpoch looks at no floor", withEpochs(func(e *epochs) {
		e.next = func(now, epoch, _ int64) int64 { return max(now, epoch+1) }
	}), []string{"MoveEpoch answers the greatest of now, the epoch + 1 and the floor + 1", "a floor that has moved holds for everybody from then on"}},
	{"MoveEpoch reads, then writes", withEpochs(func(e *epochs) { e.loose = true }), []string{
		"of many who MoveEpoch at once no two are answered the same, and the last one's exception holds",
	}},
	{"the exception stays from move to move", withEpochs(func(e *epochs) {
		e.spare = func(held, fresh string) string {
			if fresh == "" {
				return held
			}
			return fresh
		}
	}), []string{"MoveEpoch records the session that is spared, until the next move"}},
	{"the first exception stays", withEpochs(func(e *epochs) {
		e.spare = func(held, fresh string) string {
			if held != "" {
				return held
			}
			return fresh
		}
	}), []string{
		"MoveEpoch records the session that is spared, until the next move",
		"of many who MoveEpoch at once no two are answered the same, and the last one's exception holds",
	}},
	{"Epoch answers the user's alone", withEpochs(func(e *epochs) {
		e.reads = func(epoch, floor int64) int64 {
			if epoch != 0 {
				return epoch
			}
			return floor
		}
	}), []string{"Epoch answers the greater of the user's epoch and the floor", "a floor that has moved holds for everybody from then on"}},
	{"Epoch answers the floor alone", withEpochs(func(e *epochs) { e.reads = func(_, floor int64) int64 { return floor } }), []string{
		"Epoch answers the greater of the user's epoch and the floor", "an epoch never goes back",
	}},
	{"an emptied store has the floor 0", withEpochs(func(e *epochs) { e.none = 0 }), []string{
		"a store that nobody asked for an epoch lets no token live",
	}},
	{"Epoch moves the floor whenever it is asked", withEpochs(func(e *epochs) { e.first = func(floor, now int64) int64 { return max(floor, now) } }), []string{
		"the first Epoch sets the floor to now or later, and no other moves it",
	}},
	{"the first floor is 1", withEpochs(func(e *epochs) { e.first = func(floor, _ int64) int64 { return max(floor, 1) } }), []string{
		"the first Epoch sets the floor to now or later, and no other moves it",
	}},
	{"the first floor is read, then written", withEpochs(func(e *epochs) { e.loose = true }), []string{
		"many who ask for the first epoch at once are answered the same",
	}},
	{"MoveFloor answers now", withEpochs(func(e *epochs) { e.raise = func(_, now, _, _ int64) int64 { return now } }), []string{
		"MoveFloor goes to now or further, and beyond every epoch that was answered before",
		"of many who move epochs and the floor at once each floor is beyond the mover's epoch",
	}},
	{"MoveFloor looks at no user", withEpochs(func(e *epochs) { e.raise = func(_, now, floor, _ int64) int64 { return max(now, floor+1) } }), []string{
		"MoveFloor goes to now or further, and beyond every epoch that was answered before",
	}},
	{"MoveFloor does not go to now", withEpochs(func(e *epochs) { e.raise = func(_, _, floor, high int64) int64 { return max(floor+1, high+1) } }), []string{
		"MoveFloor goes to now or further, and beyond every epoch that was answered before",
	}},
	{"the floor holds for those who had an epoch", withEpochs(func(e *epochs) {
		firstFloor := int64(0)
		e.seen = func(userID string, floor int64) int64 {
			if firstFloor == 0 {
				firstFloor = floor
			}
			if e.of[userID] == 0 {
				return firstFloor
			}
			return floor
		}
	}), []string{"a floor that has moved holds for everybody from then on"}},
}
