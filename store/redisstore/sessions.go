package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/session"
)

var _ session.Store = sessions{}

// sessions is the view of sessions and revocations. The sessions of a user are the fields of one hash, beside an index by
// their beginning; both live as long as the last of them.
type sessions struct{ view }

// names are the hash and the index of the user's sessions.
func (s sessions) names(userID string) []string {
	return []string{s.key.of(userID, "sessions"), s.key.of(userID, "sessions", "index")}
}

// A record is the id of its current token, with its length before it, then the end of the session in milliseconds, then JSON.
// A script can compare the token and see the end without reading JSON.
func recordHead(tokenID string) string { return strconv.Itoa(len(tokenID)) + ":" + tokenID }

func recordOf(n session.Session) (string, error) {
	n.CreatedAt, n.ExpiresAt, n.LastSeenAt, n.RotatedAt = exact(n.CreatedAt), exact(n.ExpiresAt), exact(n.LastSeenAt), exact(n.RotatedAt)
	n.Token.AuthTime, n.Token.IssuedAt, n.Token.ExpiresAt = exact(n.Token.AuthTime), exact(n.Token.IssuedAt), exact(n.Token.ExpiresAt)
	text, err := encode(n)
	return fmt.Sprintf("%s%d:%s", recordHead(n.Token.TokenID), n.ExpiresAt.UnixMilli(), text), err
}

var errRecord = errors.New("redisstore: a session's record is damaged")

func sessionOf(record string) (session.Session, error) {
	length, rest, _ := strings.Cut(record, ":")
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > len(rest) {
		return session.Session{}, errRecord
	}
	_, text, ok := strings.Cut(rest[n:], ":")
	if !ok {
		return session.Session{}, errRecord
	}
	var s session.Session
	err = decode(text, &s)
	return s, err
}

// lua is what several scripts need: keep lets a key live for ttl milliseconds at least.
//
//nolint:dupword // Lua ends its blocks alike
const lua = `
local function keep(key, ttl)
  if redis.call('PTTL', key) < tonumber(ttl) then redis.call('PEXPIRE', key, ttl) end
end
`

// createSession stores ARGV[2] under the id ARGV[1], which began at ARGV[3], and keeps it for ARGV[4] ms. Of the oldest it
// drops what ended before ARGV[5], a few at a time.
//
//nolint:dupword // Lua ends its blocks alike
var createSession = redis.NewScript(lua + `
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, 3)) do
  local record, ends = redis.call('HGET', KEYS[1], id), nil
  if record then
    local n, at = string.match(record, '^(%d+):()')
    ends = string.match(record, '^(-?%d+):', at + tonumber(n))
  end
  if not ends or tonumber(ends) < tonumber(ARGV[5]) then
    redis.call('HDEL', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
keep(KEYS[1], ARGV[4])
keep(KEYS[2], ARGV[4])
`)

// Create stores a session whose id is new.
func (s sessions) Create(ctx context.Context, n session.Session) error {
	record, err := recordOf(n)
	if err != nil {
		return err
	}
	_, err = s.c.run(ctx, createSession, s.names(n.UserID),
		n.ID, record, n.CreatedAt.UnixMilli(), s.keep(n.ExpiresAt), s.now().Add(-margin).UnixMilli())
	return err
}

// Load answers a session with what is known against it and the token.
func (s sessions) Load(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
	record := redis.NewStringCmd(ctx, "hget", s.names(userID)[0], id)
	known := s.known(ctx, userID, id, tokenID)
	if err := s.c.read(ctx, append([]redis.Cmder{record}, known.cmds()...)...); err != nil {
		return session.Session{}, session.State{}, err
	}
	if errors.Is(record.Err(), redis.Nil) {
		return session.Session{}, session.State{}, session.ErrNotFound
	}
	held, err := sessionOf(record.Val())
	if err != nil {
		return session.Session{}, session.State{}, err
	}
	state, err := known.state()
	return held, state, err
}

// rotateSession replaces the record of ARGV[1] by ARGV[3] if it begins with ARGV[2], and keeps it for ARGV[4] ms.
var rotateSession = redis.NewScript(lua + `
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record or string.sub(record, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
keep(KEYS[1], ARGV[4])
keep(KEYS[2], ARGV[4])
return 1
`)

// Rotate replaces the session if its current token is still the one named by from.
func (s sessions) Rotate(ctx context.Context, from string, next session.Session) (bool, error) {
	record, err := recordOf(next)
	if err != nil {
		return false, err
	}
	cmd, err := s.c.run(ctx, rotateSession, s.names(next.UserID), next.ID, recordHead(from), record, s.keep(next.ExpiresAt))
	if err != nil {
		return false, err
	}
	return cmd.Bool()
}

// listSessions answers the records of the newest ARGV[1] ids of the index, and takes out of it what has no record.
//
//nolint:dupword // Lua ends its blocks alike
var listSessions = redis.NewScript(`
local records = {}
repeat
  local gone = {}
  for _, id in ipairs(redis.call('ZREVRANGE', KEYS[2], #records, ARGV[1] - 1)) do
    local record = redis.call('HGET', KEYS[1], id)
    if record then records[#records + 1] = record else gone[#gone + 1] = id end
  end
  for _, id in ipairs(gone) do redis.call('ZREM', KEYS[2], id) end
until #gone == 0
return records
`)

// List answers the newest sessions of the user.
func (s sessions) List(ctx context.Context, userID string, limit int) ([]session.Session, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	cmd, err := s.c.run(ctx, listSessions, s.names(userID), limit)
	if err != nil {
		return nil, err
	}
	records, err := cmd.StringSlice()
	if err != nil {
		return nil, wrap(err)
	}
	list := make([]session.Session, len(records))
	for i, record := range records {
		if list[i], err = sessionOf(record); err != nil {
			return nil, err
		}
	}
	return list, nil
}

var deleteSession = redis.NewScript(`
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
`)

// Delete removes a session of the user.
func (s sessions) Delete(ctx context.Context, userID, id string) error {
	_, err := s.c.run(ctx, deleteSession, s.names(userID), id)
	return err
}

var deleteSessions = redis.NewScript(`redis.call('DEL', KEYS[1], KEYS[2])`)

// DeleteAll removes every session of the user.
func (s sessions) DeleteAll(ctx context.Context, userID string) error {
	_, err := s.c.run(ctx, deleteSessions, s.names(userID))
	return err
}
