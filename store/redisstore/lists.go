package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// shelf is what one owner has of one kind: records, each of which claims its id and names its owner, and a set with their ids. The
// two may lie on different servers, so no script changes both: whoever changes one of them looks at the other afterwards. An id
// enters the set first and leaves it last, so that a verb which dies in between leaves an id that names nothing and no record that its
// owner cannot see. At the end a set names every record of its owner; it may name others, which a list leaves out.
type shelf struct {
	view

	owner, field string // who it is, and the field of a record that says so
	set          string
	record       func(id string) string // the key of a record
}

// addID makes the set name an id, and answers whether it did not before.
var addID = redis.NewScript(`return redis.call('SADD', KEYS[1], ARGV[1])`)

var removeID = redis.NewScript(`return redis.call('SREM', KEYS[1], ARGV[1])`)

// enlist makes the set name the id. It is called before the record is written, so that a crash leaves no record without a list,
// and again after that: whoever removed an earlier record may have struck the id off in between.
func (s shelf) enlist(ctx context.Context, id string) (added bool, err error) {
	cmd, err := s.c.run(ctx, addID, []string{s.set}, id)
	if err != nil {
		return false, err
	}
	added, err = cmd.Bool()
	return added, wrap(err)
}

// delist strikes the id off, unless the owner has such a record again.
func (s shelf) delist(ctx context.Context, id string) error {
	if _, err := s.c.run(ctx, removeID, []string{s.set}, id); err != nil {
		return err
	}
	owner := redis.NewStringCmd(ctx, "hget", s.record(id), s.field)
	if err := s.c.read(ctx, owner); err != nil {
		return err
	}
	if owner.Val() == s.owner && owner.Err() == nil {
		_, err := s.enlist(ctx, id)
		return err
	}
	return nil
}

// add runs the script that writes a new record unless the id is taken, and answers whether it did.
func (s shelf) add(ctx context.Context, id string, script *redis.Script, args ...any) (bool, error) {
	listed, err := s.enlist(ctx, id)
	if err != nil {
		return false, err
	}
	cmd, err := s.c.run(ctx, script, []string{s.record(id)}, args...)
	if err != nil {
		return false, err
	}
	done, err := cmd.Bool()
	switch {
	case err != nil:
		return false, wrap(err)
	case done:
		_, err = s.enlist(ctx, id)
		return true, err
	case listed:
		return false, s.delist(ctx, id)
	}
	return false, nil
}

// deleteOwned removes a record of its owner and answers it.
var deleteOwned = redis.NewScript(`
local held = redis.call('HMGET', KEYS[1], ARGV[2], 'record')
if held[1] ~= ARGV[1] then return nil end
redis.call('DEL', KEYS[1])
return held[2]
`)

// remove removes a record, and answers what its field "record" said and whether there was one. Of many callers one is told.
func (s shelf) remove(ctx context.Context, id string) (record string, was bool, err error) {
	cmd, err := s.c.run(ctx, deleteOwned, []string{s.record(id)}, s.owner, s.field)
	if err != nil || cmd.Val() == nil {
		return "", false, err
	}
	if record, err = cmd.Text(); err != nil {
		return "", false, wrap(err)
	}
	return record, true, s.delist(ctx, id)
}

// removeAll removes every record.
func (s shelf) removeAll(ctx context.Context) error {
	ids, err := s.ids(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, was, err := s.remove(ctx, id)
		if err == nil && !was {
			err = s.delist(ctx, id) // left by a verb that died
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s shelf) ids(ctx context.Context) ([]string, error) {
	cmd := redis.NewStringSliceCmd(ctx, "smembers", s.set)
	if err := s.c.read(ctx, cmd); err != nil {
		return nil, err // the answer may still come, to nobody
	}
	return cmd.Val(), nil
}

// listed answers every record of the shelf, in no order. read makes one of the values of the fields.
func listed[T any](ctx context.Context, s shelf, fields []string, read func(id string, values []any) (T, error)) ([]T, error) {
	ids, err := s.ids(ctx)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	asked, cmds := make([]*redis.SliceCmd, len(ids)), make([]redis.Cmder, len(ids))
	for i, id := range ids {
		asked[i] = hashFields(ctx, s.record(id), append([]string{s.field}, fields...)...)
		cmds[i] = asked[i]
	}
	if err := s.c.read(ctx, cmds...); err != nil {
		return nil, err
	}
	var list []T
	for i, cmd := range asked {
		found := cmd.Val()
		if len(found) == 0 || found[0] != s.owner {
			continue // it names nothing, or what is another's
		}
		one, err := read(ids[i], found[1:])
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// hashFields asks for fields of a hash.
func hashFields(ctx context.Context, key string, fields ...string) *redis.SliceCmd {
	args := []any{"hmget", key}
	for _, f := range fields {
		args = append(args, f)
	}
	return redis.NewSliceCmd(ctx, args...)
}
