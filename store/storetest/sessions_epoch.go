package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/crafteasy/auth/session"
)

var sessionEpochRules = []rule[session.Store]{
	{"MoveEpoch answers the greatest of now, the epoch + 1 and the floor + 1", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		floor := epoch(t, s, anna, now)
		ahead := floor + 1000
		same(t, moveEpoch(t, s, anna, "", ahead), ahead, "MoveEpoch to now")
		same(t, moveEpoch(t, s, anna, "", ahead), ahead+1, "MoveEpoch again")
		same(t, moveEpoch(t, s, anna, "", ahead-500), ahead+2, "MoveEpoch with a clock that is behind")
		same(t, moveEpoch(t, s, bert, "", floor-1000), floor+1, "MoveEpoch with a clock behind the floor")
		same(t, moveEpoch(t, s, anna, "", ahead+500), ahead+500, "MoveEpoch later")
		wantState(t, s, anna, "", "", session.State{Epoch: ahead + 500})
		wantState(t, s, bert, "", "", session.State{Epoch: floor + 1})
	}},
	{"MoveEpoch records the session that is spared, until the next move", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		for _, except := range []string{"s1", "s2", "", "s3"} {
			moved := moveEpoch(t, s, anna, except, now)
			wantState(t, s, anna, "s1", "", session.State{Epoch: moved, Except: except})
		}
	}},
	{"of many who MoveEpoch at once no two are answered the same, and the last one's exception holds", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		epoch(t, s, anna, now)
		var moved [racers]int64
		race(racers, func(i int) {
			var err error
			if moved[i], err = s.MoveEpoch(t.Context(), anna, fmt.Sprint("s", i), now+int64(i%3)); err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
		})
		seen, last := map[int64]bool{}, 0
		for i, m := range moved {
			if seen[m] {
				t.Fatalf("two moves were answered %d", m)
			}
			seen[m] = true
			if m > moved[last] {
				last = i
			}
		}
		wantState(t, s, anna, "", "", session.State{Epoch: moved[last], Except: fmt.Sprint("s", last)})
	}},
	{"an epoch never goes back", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		race(16, func(i int) {
			was := int64(0)
			for n := range 10 {
				var e int64
				var err error
				least := was
				if n%2 == 0 {
					e, err = s.MoveEpoch(t.Context(), anna, "", now-int64(n*1000))
					least++
				} else {
					e, err = s.Epoch(t.Context(), anna, now)
				}
				if err != nil || e < least {
					t.Errorf("racer %d: %d after %d: %v", i, e, was, err)
				}
				was = e
			}
		})
	}},
	{"Epoch answers the greater of the user's epoch and the floor", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		floor := epoch(t, s, anna, now)
		moved := moveEpoch(t, s, anna, "", floor+5000)
		same(t, epoch(t, s, anna, now), moved, "the epoch of who was moved")
		same(t, epoch(t, s, bert, now), floor, "the epoch of who was not")
		floor = moveFloor(t, s, now)
		same(t, epoch(t, s, anna, now), floor, "the epoch below the floor")
		same(t, epoch(t, s, bert, now), floor, "the epoch of who was never moved")
	}},
}

var sessionFloorRules = []rule[session.Store]{
	{"a store that nobody asked for an epoch lets no token live", func(t tb, s session.Store, c *clock) {
		// Emptied, or the birth of a store that lives in this process.
		st, err := s.State(t.Context(), anna, "s", "t")
		noError(t, err, "State")
		if st.Floor < c.Now().UnixMilli() {
			t.Fatalf("the floor is %d: a token with the epoch %d, issued before, would live", st.Floor, st.Floor)
		}
		endSession(t, s, anna, "s", c.Now())
		begin(t, s, c, anna, "s")
		_, loaded, err := s.Load(t.Context(), anna, "s", "t")
		noError(t, err, "Load")
		same(t, loaded.Floor, st.Floor, "the floor after other writes")
	}},
	{"the first Epoch sets the floor to now or later, and no other moves it", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		floor := epoch(t, s, anna, now)
		if floor < now {
			t.Fatalf("Epoch answers %d, and now is %d", floor, now)
		}
		wantFloor(t, s, floor)
		for i, userID := range []string{anna, bert, anna} {
			same(t, epoch(t, s, userID, now+int64(i)*24*long.Milliseconds()), floor, "a later Epoch")
		}
		wantFloor(t, s, floor)
	}},
	{"many who ask for the first epoch at once are answered the same", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		var answers [racers]int64
		race(racers, func(i int) {
			var err error
			if answers[i], err = s.Epoch(t.Context(), fmt.Sprint("user", i), now+int64(i)); err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
		})
		for _, a := range answers {
			same(t, a, answers[0], "Epoch")
		}
		wantFloor(t, s, answers[0])
	}},
	{"MoveFloor goes to now or further, and beyond every epoch that was answered before", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		before := epoch(t, s, anna, now)
		ahead := time.Minute.Milliseconds() // an instance whose clock is ahead
		for range 20 {
			before = max(before, moveEpoch(t, s, anna, "", now+ahead), moveEpoch(t, s, bert, "", now))
		}
		for range 3 {
			floor := moveFloor(t, s, now)
			if floor <= before {
				t.Fatalf("MoveFloor answers %d, and %d was answered before", floor, before)
			}
			wantFloor(t, s, floor)
			before = epoch(t, s, bert, now)
		}
		far := before + 24*long.Milliseconds()
		if floor := moveFloor(t, s, far); floor < far {
			t.Fatalf("MoveFloor answers %d, and now is %d", floor, far)
		}
	}},
	{"a floor that has moved holds for everybody from then on", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		epoch(t, s, bert, now)
		moveEpoch(t, s, anna, "spared", now)
		floor := moveFloor(t, s, now)
		wantFloor(t, s, floor)
		for _, userID := range []string{anna, bert} {
			same(t, epoch(t, s, userID, now), floor, "Epoch")
		}
		for _, userID := range []string{anna, bert} {
			if moved := moveEpoch(t, s, userID, "", now); moved != floor+1 {
				t.Fatalf("MoveEpoch answers %d above the floor %d", moved, floor)
			}
		}
		wantFloor(t, s, floor)
	}},
	{"of many who move epochs and the floor at once each floor is beyond the mover's epoch", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		epoch(t, s, anna, now)
		var floors [racers]int64
		race(racers, func(i int) {
			// The clocks of the instances differ.
			moved, err := s.MoveEpoch(t.Context(), fmt.Sprint("user", i%10), "", now+int64(i*100))
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
			if i%5 != 0 {
				return
			}
			floor, err := s.MoveFloor(t.Context(), now)
			if err != nil || floor <= moved {
				t.Errorf("racer %d: floor %d, after the epoch %d: %v", i, floor, moved, err)
			}
			floors[i] = floor
		})
		wantFloor(t, s, slices.Max(floors[:]))
	}},
}
