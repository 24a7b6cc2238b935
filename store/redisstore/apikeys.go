package redisstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/apikey"
)

var _ apikey.Store = apiKeys{}

// apiKeys is the view of API keys: one hash for each, which claims its id, and for each owner a set of ids. An id enters the set
// first and leaves it last, so that a verb which dies in between leaves an id that names nothing and no key that its owner cannot see.
type apiKeys struct{ view }

// APIKeys is the view of API keys.
func (s *Store) APIKeys() apikey.Store { return apiKeys{s.view} }

func (a apiKeys) name(id string) string { return a.key.of(id, "apikey") }

func (a apiKeys) set(ownerID string) string { return a.key.of(ownerID, "apikeys") }

func (a apiKeys) owned(ownerID, id string) owned {
	return owned{view: a.view, record: a.name(id), field: "owner", set: a.set(ownerID), owner: ownerID, id: id}
}

// keyRecord writes a key with times as every back end keeps them.
func keyRecord(k apikey.Key) (string, error) {
	k.CreatedAt, k.NotBefore, k.ExpiresAt, k.LastUsedAt = exact(k.CreatedAt), exact(k.NotBefore), exact(k.ExpiresAt), exact(k.LastUsedAt)
	k.Secrets = slices.Clone(k.Secrets)
	for i := range k.Secrets {
		k.Secrets[i].CreatedAt, k.Secrets[i].Until = exact(k.Secrets[i].CreatedAt), exact(k.Secrets[i].Until)
	}
	return encode(k)
}

var createKey = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'version', ARGV[2], 'record', ARGV[3])
return 1
`)

// Create stores a key unless its id is taken.
func (a apiKeys) Create(ctx context.Context, k apikey.Key) error {
	record, err := keyRecord(k)
	if err != nil {
		return err
	}
	ctx, cancel := a.c.within(ctx)
	defer cancel()
	mine := a.owned(k.OwnerID, k.ID)
	added, err := mine.enlist(ctx)
	if err != nil {
		return err
	}
	cmd, err := a.c.run(ctx, createKey, []string{a.name(k.ID)}, k.OwnerID, strconv.FormatInt(k.Version, 10), record)
	if err != nil {
		return err
	}
	created, err := cmd.Bool()
	switch {
	case err != nil:
		return wrap(err)
	case created:
		_, err = mine.enlist(ctx)
		return err
	case added:
		if err := mine.delist(ctx); err != nil {
			return err
		}
	}
	return apikey.ErrExists
}

// Load answers the key.
func (a apiKeys) Load(ctx context.Context, id string) (apikey.Key, error) {
	record := redis.NewStringCmd(ctx, "hget", a.name(id), "record")
	if err := a.c.read(ctx, record); err != nil {
		return apikey.Key{}, err
	}
	if errors.Is(record.Err(), redis.Nil) {
		return apikey.Key{}, apikey.ErrNotFound
	}
	var k apikey.Key
	err := decode(record.Val(), &k)
	return k, err
}

// List answers the newest keys of the owner.
func (a apiKeys) List(ctx context.Context, ownerID string, limit int) ([]apikey.Key, error) {
	ctx, cancel := a.c.within(ctx)
	defer cancel()
	ids := redis.NewStringSliceCmd(ctx, "smembers", a.set(ownerID))
	if err := a.c.read(ctx, ids); err != nil {
		return nil, err
	}
	if len(ids.Val()) == 0 || limit <= 0 {
		return nil, nil
	}
	cmds := make([]redis.Cmder, len(ids.Val()))
	for i, id := range ids.Val() {
		cmds[i] = redis.NewStringCmd(ctx, "hget", a.name(id), "record")
	}
	if err := a.c.read(ctx, cmds...); err != nil {
		return nil, err
	}
	var keys []apikey.Key
	for _, cmd := range cmds {
		record, ok := cmd.(*redis.StringCmd)
		if !ok || record.Err() != nil {
			continue // it names nothing
		}
		var k apikey.Key
		if err := decode(record.Val(), &k); err != nil {
			return nil, err
		}
		if k.OwnerID == ownerID {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b apikey.Key) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return keys[:min(limit, len(keys))], nil
}

var replaceKey = redis.NewScript(`
local held = redis.call('HMGET', KEYS[1], 'owner', 'version')
if held[1] ~= ARGV[1] or held[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[3], 'record', ARGV[4])
return 1
`)

// Replace puts next in place of the version before it.
func (a apiKeys) Replace(ctx context.Context, next apikey.Key) (bool, error) {
	record, err := keyRecord(next)
	if err != nil {
		return false, err
	}
	cmd, err := a.c.run(ctx, replaceKey, []string{a.name(next.ID)},
		next.OwnerID, strconv.FormatInt(next.Version-1, 10), strconv.FormatInt(next.Version, 10), record)
	if err != nil {
		return false, err
	}
	return cmd.Bool()
}

var deleteKey = redis.NewScript(`
local held = redis.call('HMGET', KEYS[1], 'owner', 'record')
if held[1] ~= ARGV[1] then return nil end
redis.call('DEL', KEYS[1])
return held[2]
`)

// Delete removes a key of the owner.
func (a apiKeys) Delete(ctx context.Context, ownerID, id string) (apikey.Key, error) {
	ctx, cancel := a.c.within(ctx)
	defer cancel()
	cmd, err := a.c.run(ctx, deleteKey, []string{a.name(id)}, ownerID)
	if err != nil {
		return apikey.Key{}, err
	}
	if cmd.Val() == nil {
		return apikey.Key{}, apikey.ErrNotFound
	}
	record, err := cmd.Text()
	if err != nil {
		return apikey.Key{}, wrap(err)
	}
	var k apikey.Key
	if err := decode(record, &k); err != nil {
		return apikey.Key{}, err
	}
	return k, a.owned(ownerID, id).delist(ctx)
}

// DeleteAll removes every key of the owner.
func (a apiKeys) DeleteAll(ctx context.Context, ownerID string) error {
	ctx, cancel := a.c.within(ctx)
	defer cancel()
	ids := redis.NewStringSliceCmd(ctx, "smembers", a.set(ownerID))
	if err := a.c.read(ctx, ids); err != nil {
		return err
	}
	for _, id := range ids.Val() {
		if _, err := a.Delete(ctx, ownerID, id); err != nil && !errors.Is(err, apikey.ErrNotFound) {
			return err
		}
		if err := a.owned(ownerID, id).delist(ctx); err != nil {
			return err
		}
	}
	return nil
}
