package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/kv"
)

var _ kv.Store = values{}

// errTTL says that a caller breaks the contract of [kv.Store].
var errTTL = errors.New("redisstore: a ttl must be positive")

// values is the view of what expires. The server's clock rules here alone: a key that has ended is absent at once.
type values struct{ view }

// Set stores value under key for ttl.
func (v values) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl <= 0 {
		return errTTL
	}
	return v.c.write(ctx, redis.NewStatusCmd(ctx, "set", v.key.expiring(key), value, "px", milliseconds(ttl)))
}

// Add stores value unless the key holds one.
func (v values) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	if ttl <= 0 {
		return false, errTTL
	}
	cmd := redis.NewStatusCmd(ctx, "set", v.key.expiring(key), value, "px", milliseconds(ttl), "nx")
	if err := v.c.write(ctx, cmd); err != nil {
		return false, err
	}
	return !errors.Is(cmd.Err(), redis.Nil), nil
}

// Get answers the value.
func (v values) Get(ctx context.Context, key string) ([]byte, error) {
	cmd := redis.NewStringCmd(ctx, "get", v.key.expiring(key))
	if err := v.c.read(ctx, cmd); err != nil {
		return nil, err
	}
	return bytesOf(cmd)
}

// Take answers the value and removes it, in one command.
func (v values) Take(ctx context.Context, key string) ([]byte, error) {
	cmd := redis.NewStringCmd(ctx, "getdel", v.key.expiring(key))
	if err := v.c.write(ctx, cmd); err != nil {
		return nil, err
	}
	return bytesOf(cmd)
}

func bytesOf(cmd *redis.StringCmd) ([]byte, error) {
	b, err := cmd.Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, kv.ErrNotFound
	}
	return b, err
}

// count adds ARGV[1] to a counter whose window of ARGV[2] milliseconds the first hit opens. It answers the counter as text,
// since a number of Lua is not exact, and what is left of the window.
//
//nolint:dupword // Lua ends its blocks alike
var count = redis.NewScript(`
local left = redis.call('PTTL', KEYS[1])
local opens = string.sub(ARGV[1], 1, 1) ~= '-' and ARGV[1] ~= '0'
if left < 0 then
  if not opens then return {'0', 0} end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {ARGV[1], tonumber(ARGV[2])}
end
if ARGV[1] ~= '0' then
  local n = redis.pcall('INCRBY', KEYS[1], ARGV[1])
  if type(n) == 'table' then
    if not string.find(n.err, 'overflow', 1, true) then return n end
    redis.call('SET', KEYS[1], opens and '9223372036854775807' or '0', 'KEEPTTL')
  elseif n < 0 then
    redis.call('SET', KEYS[1], '0', 'KEEPTTL')
  end
end
return {redis.call('GET', KEYS[1]), math.max(left, 1)}
`)

// Count adds delta to a counter whose window the first hit fixes.
func (v values) Count(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
	if delta > 0 && ttl <= 0 {
		return 0, 0, errTTL
	}
	cmd, err := v.c.run(ctx, count, []string{v.key.expiring(key)}, delta, milliseconds(ttl))
	if err != nil {
		return 0, 0, err
	}
	answer, err := cmd.Int64Slice()
	if err != nil {
		return 0, 0, wrap(err)
	}
	if len(answer) != 2 {
		return 0, 0, fmt.Errorf("redisstore: a counter answers %v", answer)
	}
	return answer[0], time.Duration(answer[1]) * time.Millisecond, nil
}

// Delete removes the keys, each by a command of its own, since they may lie on different servers. A client that knows DEL as a
// command for many servers does not let it into a pipeline; it does let GETDEL.
func (v values) Delete(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return ctx.Err()
	}
	cmds := make([]redis.Cmder, len(keys))
	for i, key := range keys {
		cmds[i] = redis.NewStringCmd(ctx, "getdel", v.key.expiring(key))
	}
	return v.c.write(ctx, cmds...)
}
