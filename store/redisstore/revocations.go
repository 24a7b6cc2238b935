package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/session"
)

// What is known against a user's tokens are texts under keys of their own:
//
//	{user}:epoch         <epoch>:<the session that is spared>
//	{user}:ended:s:<id>  <at>:<until> of a session
//	{user}:ended:t:<id>  <at>:<until> of a token
func (s sessions) epochName(userID string) string { return s.key.of(userID, "epoch") }

func (s sessions) endName(userID, sessionID, tokenID string) string {
	if sessionID != "" {
		return s.key.of(userID, "ended:s", sessionID)
	}
	return s.key.of(userID, "ended:t", tokenID)
}

// revoke lets the earlier ARGV[1] and the later ARGV[2] hold, and keeps the record until ARGV[2] is ARGV[4] ms past, at ARGV[3].
var revoke = redis.NewScript(`
local at, ends = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('GET', KEYS[1])
if held then
  local a, u = string.match(held, '^(-?%d+):(-?%d+)$')
  at, ends = math.min(at, tonumber(a)), math.max(ends, tonumber(u))
end
local ttl = math.max(ends - tonumber(ARGV[3]), 0) + tonumber(ARGV[4])
redis.call('SET', KEYS[1], string.format('%.0f:%.0f', at, ends), 'PX', string.format('%.0f', ttl))
`)

// Revoke records r; the earlier At and the later Until hold. It is announced in the same round trip, before the record on one
// server: what fails in between is refused by mirrors and not done, and the caller is told so.
func (s sessions) Revoke(ctx context.Context, r session.Revocation) error {
	announced, err := s.told(change{User: r.UserID, Session: r.SessionID, Token: r.TokenID, At: r.At.UnixMilli(), Until: r.Until.UnixMilli()})
	if err != nil {
		return err
	}
	recorded := call{revoke, []string{s.endName(r.UserID, r.SessionID, r.TokenID)}, []any{
		r.At.UnixMilli(), r.Until.UnixMilli(), s.now().UnixMilli(), margin.Milliseconds(),
	}}
	return s.c.runAll(ctx, announced, recorded)
}

// State answers what is known against a token, in one round trip: on one node a pipeline, on a cluster two at once, since
// the floor is nobody's.
func (s sessions) State(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
	known := s.known(ctx, userID, sessionID, tokenID)
	if err := s.c.read(ctx, known.cmds()...); err != nil {
		return session.State{}, err
	}
	return known.state()
}

// known reads what is known; an end that was not asked for is nil.
type known struct{ floor, epoch, sessionEnd, tokenEnd *redis.StringCmd }

func (s sessions) known(ctx context.Context, userID, sessionID, tokenID string) known {
	get := func(key string) *redis.StringCmd { return redis.NewStringCmd(ctx, "get", key) }
	k := known{floor: redis.NewStringCmd(ctx, "hget", s.floorName(), "floor"), epoch: get(s.epochName(userID))}
	if sessionID != "" {
		k.sessionEnd = get(s.endName(userID, sessionID, ""))
	}
	if tokenID != "" {
		k.tokenEnd = get(s.endName(userID, "", tokenID))
	}
	return k
}

func (k known) cmds() []redis.Cmder {
	all := []redis.Cmder{k.floor, k.epoch}
	for _, end := range []*redis.StringCmd{k.sessionEnd, k.tokenEnd} {
		if end != nil {
			all = append(all, end)
		}
	}
	return all
}

func (k known) state() (session.State, error) {
	st := session.State{Floor: session.Emptied}
	var errs [4]error
	if k.floor.Err() == nil {
		st.Floor, errs[0] = k.floor.Int64()
	}
	if k.epoch.Err() == nil {
		var number string
		number, st.Except, _ = strings.Cut(k.epoch.Val(), ":")
		st.Epoch, errs[1] = strconv.ParseInt(number, 10, 64)
	}
	st.SessionEnd, errs[2] = endOf(k.sessionEnd)
	st.TokenEnd, errs[3] = endOf(k.tokenEnd)
	if err := errors.Join(errs[:]...); err != nil {
		return session.State{}, fmt.Errorf("redisstore: what is known against a token: %w", err)
	}
	return st, nil
}

func endOf(cmd *redis.StringCmd) (time.Time, error) {
	if cmd == nil || errors.Is(cmd.Err(), redis.Nil) {
		return time.Time{}, nil
	}
	at, _, _ := strings.Cut(cmd.Val(), ":")
	ms, err := strconv.ParseInt(at, 10, 64)
	return fromMilli(ms), err
}
