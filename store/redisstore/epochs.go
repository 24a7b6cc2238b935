package redisstore

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/session"
)

// floorName names a hash that lasts: "floor", "highest", which no epoch of any user is above, and "feed" (feed.go).
func (s sessions) floorName() string { return s.key.single("floor") }

const (
	// skew is how far the clocks of two machines may differ.
	skew = 2 * time.Minute
	// keepEpoch is how long an epoch is kept after its last move: longer than any session that began before it.
	keepEpoch = session.LongestSession + 24*time.Hour
	// reserve is how many moves of one user can overtake each other without asking again.
	reserve = 100
)

// first answers a floor for a server that has none: what this data begins with must be beyond every epoch that was given out
// before the data was lost. Hence the server's clock, which is one for all instances, and the skew, for those whose own clock
// gave out epochs ahead of it. Floors and epochs are compared with each other, never with a clock.
//
// What is told of ends begins with the floor.
const first = tail + `
local function first(now, skew)
  local clock = clock()
  tail(clock)
  return math.max(tonumber(now), clock + tonumber(skew))
end
`

var firstFloor = redis.NewScript(first + `
local floor = redis.call('HGET', KEYS[1], 'floor')
if floor then return floor end
floor = string.format('%.0f', first(ARGV[1], ARGV[2]))
redis.call('HSET', KEYS[1], 'floor', floor)
return floor
`)

// Epoch answers the greater of the user's epoch and the floor. It sets a floor where there is none.
func (s sessions) Epoch(ctx context.Context, userID string, now int64) (int64, error) {
	ctx, cancel := s.c.within(ctx)
	defer cancel()
	st, err := s.State(ctx, userID, "", "")
	if err != nil {
		return 0, err
	}
	if st.Floor == session.Emptied {
		cmd, err := s.c.run(ctx, firstFloor, s.feedNames(), now, skew.Milliseconds())
		if err != nil {
			return 0, err
		}
		if st.Floor, err = cmd.Int64(); err != nil {
			return 0, wrap(err)
		}
	}
	return max(st.Floor, st.Epoch), nil
}

// reserveEpochs makes sure that "highest" is ARGV[3] above the greatest of ARGV[1], ARGV[2] and the floor + 1, and answers the
// floor and the highest.
var reserveEpochs = redis.NewScript(`
local floor = tonumber(redis.call('HGET', KEYS[1], 'floor') or 0)
local highest = tonumber(redis.call('HGET', KEYS[1], 'highest') or 0)
local want = math.max(tonumber(ARGV[1]), tonumber(ARGV[2]), floor + 1) + tonumber(ARGV[3])
if want > highest then
  highest = want
  redis.call('HSET', KEYS[1], 'highest', string.format('%.0f', highest))
end
return {string.format('%.0f', floor), string.format('%.0f', highest)}
`)

// moveEpoch moves the epoch to the greatest of ARGV[1], itself + 1 and ARGV[2] + 1, with ARGV[4] spared, and keeps it for ARGV[5] ms.
// It answers {1, the new epoch}, or {0, the old one} where the new one would be above ARGV[3].
var moveEpoch = redis.NewScript(`
local held = redis.call('GET', KEYS[1])
local old = held and tonumber(string.match(held, '^(%d+):')) or 0
local epoch = math.max(tonumber(ARGV[1]), old + 1, tonumber(ARGV[2]) + 1)
if epoch > tonumber(ARGV[3]) then return {'0', string.format('%.0f', old)} end
redis.call('SET', KEYS[1], string.format('%.0f:', epoch) .. ARGV[4], 'PX', ARGV[5])
return {'1', string.format('%.0f', epoch)}
`)

// MoveEpoch moves the user's epoch. The user and the floor are in different slots of a cluster, so it reserves first, where
// [sessions.MoveFloor] looks, and moves second: whoever moves the floor after that goes beyond the epoch it answers. What it has
// moved it announces third; where that fails, so does the verb, and moving again is announced again.
func (s sessions) MoveEpoch(ctx context.Context, userID, except string, now int64) (int64, error) {
	ctx, cancel := s.c.within(ctx)
	defer cancel()
	for atLeast := int64(0); ; {
		reserved, err := s.pair(ctx, reserveEpochs, s.floorName(), now, atLeast, reserve)
		if err != nil {
			return 0, err
		}
		moved, err := s.pair(ctx, moveEpoch, s.epochName(userID), now, reserved[0], reserved[1], except, keepEpoch.Milliseconds())
		if err != nil {
			return 0, err
		}
		if moved[0] == 1 {
			return moved[1], s.tellEpoch(ctx, userID, except, moved[1])
		}
		atLeast = moved[1] + 1
	}
}

func (s sessions) tellEpoch(ctx context.Context, userID, except string, epoch int64) error {
	announced, err := s.told(change{User: userID, Session: except, Epoch: epoch})
	if err != nil {
		return err
	}
	return s.c.runAll(ctx, announced)
}

// pair runs a script that answers two numbers.
func (s sessions) pair(ctx context.Context, script *redis.Script, key string, args ...any) ([2]int64, error) {
	cmd, err := s.c.run(ctx, script, []string{key}, args...)
	if err != nil {
		return [2]int64{}, err
	}
	n, err := cmd.Int64Slice()
	if err != nil {
		return [2]int64{}, wrap(err)
	}
	if len(n) != 2 {
		return [2]int64{}, fmt.Errorf("redisstore: an epoch's script answers %v", n)
	}
	return [2]int64{n[0], n[1]}, nil
}

var moveFloor = redis.NewScript(first + `
local floor = redis.call('HGET', KEYS[1], 'floor')
local highest = tonumber(redis.call('HGET', KEYS[1], 'highest') or 0)
local moved = math.max(tonumber(ARGV[1]), highest + 1)
if floor then
  moved = math.max(moved, tonumber(floor) + 1)
else
  moved = math.max(moved, first(ARGV[1], ARGV[2]))
end
redis.call('HSET', KEYS[1], 'floor', string.format('%.0f', moved))
return string.format('%.0f', moved)
`)

// MoveFloor moves the floor of everybody.
func (s sessions) MoveFloor(ctx context.Context, now int64) (int64, error) {
	cmd, err := s.c.run(ctx, moveFloor, s.feedNames(), now, skew.Milliseconds())
	if err != nil {
		return 0, err
	}
	floor, err := cmd.Int64()
	return floor, wrap(err)
}
