package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/session"
)

var _ session.Feed = sessions{}

// What was ended is told in a stream in the slot of the floor, so that one script sees both. Its entries are a chain:
//
//	after   the tail of the stream before this entry
//	mark    random: this entry is no other, whatever server gave it its id
//	change  what was ended
//
// The tail is the last entry's id and mark, and the field "feed" of the floor's hash. Whoever reads knows by it whether the stream goes on
// where it was left: a server that was emptied, restored, or replaced by one that had not heard of the last second, goes on elsewhere.
// Entries older than [session.ChangeLife] go; those that matter longer lie in a sorted set too, by the time when they no longer do.
func (s sessions) feedName() string { return s.key.beside("floor", "feed") }

func (s sessions) lateName() string { return s.key.beside("floor", "late") }

func (s sessions) feedNames() []string { return []string{s.floorName(), s.feedName(), s.lateName()} }

// tail answers the tail of the stream. Where there is none, what lies there is nobody's. On a server that holds no floor nothing
// was ended before that still matters: its data begins. Where there is a floor and no tail, an older version of this package has ended
// things and told nobody, until now as far as anybody knows.
const tail = `
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function tail(now)
  local held = redis.call('HGET', KEYS[1], 'feed')
  if held then return held end
  held = '0-0/'
  if redis.call('HEXISTS', KEYS[1], 'floor') == 1 then held = string.format('%.0f-0/', now) end
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[1], 'feed', held)
  return held
end
`

// announce adds the change ARGV[1] under the mark ARGV[2]. ARGV[3] is the life of a change, and ARGV[4] when this one no longer matters,
// 0 where its life says so.
var announce = redis.NewScript(tail + `
local now = clock()
local id = redis.call('XADD', KEYS[2], 'MINID', '~', string.format('%.0f', now - ARGV[3]), '*',
  'after', tail(now), 'mark', ARGV[2], 'change', ARGV[1])
redis.call('HSET', KEYS[1], 'feed', id .. '/' .. ARGV[2])
if tonumber(ARGV[4]) > now + ARGV[3] then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', now))
  redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
  redis.call('PEXPIREAT', KEYS[3], redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')[2])
end
redis.call('PEXPIRE', KEYS[2], 2 * ARGV[3])
`)

// changes answers the floor, the tail, the clock, where the read began, and at most ARGV[2] entries after the tail ARGV[1]. Where the stream
// does not go on from there it answers its beginning, and what lies in the sorted set.
//
//nolint:dupword // Lua ends its blocks alike
var changes = redis.NewScript(tail + `
local now = clock()
local floor = redis.call('HGET', KEYS[1], 'floor')
if not floor then return {'', '', string.format('%.0f', now), '', {}, {}} end
local last = tail(now)
if ARGV[1] == last then return {floor, last, string.format('%.0f', now), ARGV[1], {}, {}} end
if ARGV[1] ~= '' then
  local entries = redis.call('XRANGE', KEYS[2], '(' .. string.match(ARGV[1], '^[^/]*'), '+', 'COUNT', ARGV[2])
  if entries[1] and entries[1][2][2] == ARGV[1] then
    return {floor, last, string.format('%.0f', now), ARGV[1], entries, {}}
  end
end
local entries = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', ARGV[2])
local began = entries[1] and entries[1][2][2] or last
return {floor, last, string.format('%.0f', now), began, entries,
  redis.call('ZRANGEBYSCORE', KEYS[3], string.format('%.0f', now), '+inf')}
`)

// change is a revocation, or a move of an epoch where it names one. Times are Unix milliseconds.
type change struct {
	User    string
	Session string
	Token   string
	At      int64
	Until   int64
	Epoch   int64
}

// told is the call that announces a change. Every change is told, whoever listens.
func (s sessions) told(c change) (call, error) {
	text, err := encode(c)
	return call{announce, s.feedNames(), []any{text, rand.Text()[:16], session.ChangeLife.Milliseconds(), c.Until}}, err
}

// page is how many entries one answer holds.
const page = 5000

// Changes answers what was ended since the cursor, in one round trip.
func (s sessions) Changes(ctx context.Context, after session.Cursor) (session.Changes, error) {
	since, from := cut(after)
	cmd, err := s.c.run(ctx, changes, s.feedNames(), from, page)
	if err != nil {
		return session.Changes{}, err
	}
	answer, err := cmd.Slice()
	if err != nil {
		return session.Changes{}, wrap(err)
	}
	r, err := read(answer)
	if err != nil {
		return session.Changes{}, err
	}
	if r.floor == "" {
		// Nobody is let in until a floor is set, and the reading begins then.
		return session.Changes{Floor: session.Emptied, Whole: true, Restart: true}, nil
	}
	var c session.Changes
	if c.Floor, err = strconv.ParseInt(r.floor, 10, 64); err != nil {
		return c, fmt.Errorf("redisstore: the floor: %w", err)
	}
	c.Restart = from == "" || r.began != from
	if c.Restart {
		since = milliOf(r.began)
	}
	for _, text := range r.late {
		if err := add(&c, text); err != nil {
			return c, err
		}
	}
	at := r.began
	for _, e := range r.entries {
		if e.after != at {
			return session.Changes{}, errors.New("redisstore: the feed is damaged")
		}
		at = e.tail
		if err := add(&c, e.change); err != nil {
			return c, err
		}
	}
	c.More = at != r.tail
	if c.More && len(r.entries) < page {
		return session.Changes{}, errors.New("redisstore: the feed has lost its end")
	}
	c.Next = session.Cursor(strconv.FormatInt(since, 10) + " " + at)
	// What came before the beginning is told by nobody, and matters no more when this is over.
	c.Whole = r.now-since > session.ChangeLife.Milliseconds()
	return c, nil
}

// cut takes a cursor apart: when something was ended last that the feed does not hold, and the tail that was read; empty where it is
// none of ours.
func cut(after session.Cursor) (since int64, from string) {
	text, from, _ := strings.Cut(string(after), " ")
	since, err := strconv.ParseInt(text, 10, 64)
	id, _, _ := strings.Cut(from, "/")
	ms, number, _ := strings.Cut(id, "-")
	_, errMS := strconv.ParseUint(ms, 10, 64)
	_, errNumber := strconv.ParseUint(number, 10, 64)
	if errors.Join(err, errMS, errNumber) != nil {
		return 0, ""
	}
	return since, from
}

// milliOf is the time in a tail: "<milliseconds>-<number>/<mark>".
func milliOf(tail string) int64 {
	text, _, _ := strings.Cut(tail, "-")
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Now().UnixMilli() // of a tail that nobody wrote nothing is known
	}
	return ms
}

func add(c *session.Changes, text string) error {
	var told change
	if err := decode(text, &told); err != nil {
		return err
	}
	if told.Epoch > 0 {
		c.Moved = append(c.Moved, session.Move{UserID: told.User, Epoch: told.Epoch, Except: told.Session})
		return nil
	}
	c.Revoked = append(c.Revoked, session.Revocation{
		UserID: told.User, SessionID: told.Session, TokenID: told.Token, At: fromMilli(told.At), Until: fromMilli(told.Until),
	})
	return nil
}

// reading is the answer of the script changes.
type reading struct {
	floor, tail, began string
	now                int64
	entries            []feedEntry
	late               []string
}

type feedEntry struct{ after, tail, change string }

var errFeed = errors.New("redisstore: the feed's script answers something else")

func read(answer []any) (r reading, err error) {
	if len(answer) != 6 {
		return r, errFeed
	}
	var now string
	for i, to := range map[int]*string{0: &r.floor, 1: &r.tail, 2: &now, 3: &r.began} {
		*to, _ = answer[i].(string)
	}
	if r.now, err = strconv.ParseInt(now, 10, 64); err != nil {
		return r, errFeed
	}
	entries, _ := answer[4].([]any)
	for _, each := range entries {
		e, ok := entryOf(each)
		if !ok {
			return r, errFeed
		}
		r.entries = append(r.entries, e)
	}
	late, _ := answer[5].([]any)
	for _, each := range late {
		text, _ := each.(string)
		r.late = append(r.late, text)
	}
	return r, nil
}

// entryOf reads {id, {name, value, …}}.
func entryOf(answer any) (e feedEntry, ok bool) {
	pair, _ := answer.([]any)
	if len(pair) != 2 {
		return e, false
	}
	id, _ := pair[0].(string)
	fields, _ := pair[1].([]any)
	if len(fields) != 6 {
		return e, false
	}
	var values [3]string
	for i := range values {
		values[i], _ = fields[2*i+1].(string)
	}
	return feedEntry{after: values[0], tail: id + "/" + values[1], change: values[2]}, true
}
