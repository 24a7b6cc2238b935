package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// owned is a record that names its owner, and a set that names the owner's records. The two may lie on different servers, so no
// script changes both: whoever changes one of them looks at the other afterwards. At the end a set names every record of its owner;
// it may name others, which a list leaves out.
type owned struct {
	view

	record, field string // the key of the record and the field of its owner
	set           string
	owner, id     string
}

// addID makes the set name an id, and answers whether it did not before.
var addID = redis.NewScript(`return redis.call('SADD', KEYS[1], ARGV[1])`)

var removeID = redis.NewScript(`return redis.call('SREM', KEYS[1], ARGV[1])`)

// enlist makes the set name the id. It is called before the record is written, so that a crash leaves no record without a list,
// and again after that: whoever removed an earlier record may have struck the id off in between.
func (o owned) enlist(ctx context.Context) (added bool, err error) {
	cmd, err := o.c.run(ctx, addID, []string{o.set}, o.id)
	if err != nil {
		return false, err
	}
	added, err = cmd.Bool()
	return added, wrap(err)
}

// delist strikes the id off, unless the owner has such a record again.
func (o owned) delist(ctx context.Context) error {
	if _, err := o.c.run(ctx, removeID, []string{o.set}, o.id); err != nil {
		return err
	}
	owner := redis.NewStringCmd(ctx, "hget", o.record, o.field)
	if err := o.c.read(ctx, owner); err != nil {
		return err
	}
	if owner.Val() == o.owner && owner.Err() == nil {
		_, err := o.enlist(ctx)
		return err
	}
	return nil
}
