package redisstore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/totp"
)

var _ totp.Store = enrolments{}

// enrolments is the view of TOTP enrolments: one hash for each user, with the recovery codes in a set beside it. The step is
// text to scripts, since a number of Lua is not exact beyond 2^53.
type enrolments struct{ view }

// TOTP is the view of TOTP enrolments.
func (s *Store) TOTP() totp.Store { return enrolments{s.view} }

// names are the hash and the set of a user.
func (e enrolments) names(userID string) []string {
	return []string{e.key.of(userID, "totp"), e.key.of(userID, "totp", "codes")}
}

var loadEnrolment = redis.NewScript(`
local e = redis.call('HMGET', KEYS[1], 'id', 'secret', 'step', 'enabled')
if not e[1] then return nil end
return {e[1], e[2], e[3], e[4], redis.call('SMEMBERS', KEYS[2])}
`)

// Load answers the user's enrolment.
func (e enrolments) Load(ctx context.Context, userID string) (totp.Enrolment, error) {
	cmd, err := e.c.run(ctx, loadEnrolment, e.names(userID))
	if err != nil {
		return totp.Enrolment{}, err
	}
	if cmd.Val() == nil {
		return totp.Enrolment{}, totp.ErrNotFound
	}
	parts, err := cmd.Slice()
	if err != nil || len(parts) != 5 {
		return totp.Enrolment{}, fmt.Errorf("redisstore: a TOTP enrolment: %w", err)
	}
	var text [4]string
	for i := range text {
		text[i], _ = parts[i].(string)
	}
	step, err := strconv.ParseInt(text[2], 10, 64)
	if err != nil {
		return totp.Enrolment{}, fmt.Errorf("redisstore: a TOTP enrolment: %w", err)
	}
	enabled, err := strconv.ParseInt(text[3], 10, 64)
	if err != nil {
		return totp.Enrolment{}, fmt.Errorf("redisstore: a TOTP enrolment: %w", err)
	}
	found := totp.Enrolment{UserID: userID, ID: text[0], Secret: []byte(text[1]), Step: step, EnabledAt: fromMilli(enabled)}
	codes, _ := parts[4].([]any)
	for _, c := range codes {
		code, _ := c.(string)
		found.Codes = append(found.Codes, []byte(code))
	}
	return found, nil
}

// enrol stores ARGV[1] to ARGV[4] as the fields of the hash and the rest as codes, where there is no hash.
var enrol = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'secret', ARGV[2], 'step', ARGV[3], 'enabled', ARGV[4])
redis.call('DEL', KEYS[2])
for i = 5, #ARGV do redis.call('SADD', KEYS[2], ARGV[i]) end
return 1
`)

// Enrol stores n unless its user has an enrolment.
func (e enrolments) Enrol(ctx context.Context, n totp.Enrolment) error {
	args := append([]any{n.ID, n.Secret, n.Step, n.EnabledAt.UnixMilli()}, anyCodes(n.Codes)...)
	cmd, err := e.c.run(ctx, enrol, e.names(n.UserID), args...)
	if err != nil {
		return err
	}
	if done, err := cmd.Bool(); err != nil || done {
		return wrap(err)
	}
	return totp.ErrExists
}

func anyCodes(codes [][]byte) []any {
	args := make([]any, len(codes))
	for i, c := range codes {
		args[i] = c
	}
	return args
}

// advance compares the steps as the decimal numbers they are: the longer is the higher, of two alike the one that sorts later.
var advance = redis.NewScript(`
local e = redis.call('HMGET', KEYS[1], 'id', 'step')
if e[1] ~= ARGV[1] then return 0 end
local was, step = e[2], ARGV[2]
if #step < #was or #step == #was and step <= was then return 0 end
redis.call('HSET', KEYS[1], 'step', step)
return 1
`)

// Advance moves the last accepted step forward. Steps count from 1970 and are never negative.
func (e enrolments) Advance(ctx context.Context, userID, id string, step int64) (bool, error) {
	if step < 0 {
		return false, ctx.Err()
	}
	cmd, err := e.c.run(ctx, advance, e.names(userID), id, strconv.FormatInt(step, 10))
	if err != nil {
		return false, err
	}
	return cmd.Bool()
}

var reseal = redis.NewScript(`
local e = redis.call('HMGET', KEYS[1], 'id', 'secret')
if e[1] ~= ARGV[1] or e[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'secret', ARGV[3])
return 1
`)

// Reseal replaces the secret while it is the one that the caller has read.
func (e enrolments) Reseal(ctx context.Context, userID, id string, from, to []byte) (bool, error) {
	cmd, err := e.c.run(ctx, reseal, e.names(userID), id, from, to)
	if err != nil {
		return false, err
	}
	return cmd.Bool()
}

var spend = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return {0, 0} end
return {redis.call('SREM', KEYS[2], ARGV[2]), redis.call('SCARD', KEYS[2])}
`)

// Spend removes a recovery code.
func (e enrolments) Spend(ctx context.Context, userID, id string, hash []byte) (left int, ok bool, err error) {
	cmd, err := e.c.run(ctx, spend, e.names(userID), id, hash)
	if err != nil {
		return 0, false, err
	}
	answer, err := cmd.Int64Slice()
	if err != nil || len(answer) != 2 {
		return 0, false, fmt.Errorf("redisstore: a recovery code: %w", err)
	}
	return int(answer[1]), answer[0] == 1, nil
}

var replaceCodes = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
for i = 2, #ARGV do redis.call('SADD', KEYS[2], ARGV[i]) end
return 1
`)

// Replace puts a new set of recovery codes in place of the old one.
func (e enrolments) Replace(ctx context.Context, userID, id string, codes [][]byte) error {
	cmd, err := e.c.run(ctx, replaceCodes, e.names(userID), append([]any{id}, anyCodes(codes)...)...)
	if err != nil {
		return err
	}
	if done, err := cmd.Bool(); err != nil || done {
		return wrap(err)
	}
	return totp.ErrNotFound
}

var deleteEnrolment = redis.NewScript(`
redis.call('DEL', KEYS[2])
return redis.call('DEL', KEYS[1])
`)

// Delete removes the user's enrolment.
func (e enrolments) Delete(ctx context.Context, userID string) (bool, error) {
	cmd, err := e.c.run(ctx, deleteEnrolment, e.names(userID))
	if err != nil {
		return false, err
	}
	return cmd.Bool()
}
