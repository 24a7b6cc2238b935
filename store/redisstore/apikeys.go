package redisstore

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/apikey"
)

var _ apikey.Store = apiKeys{}

// apiKeys is the view of API keys: one hash for each, which claims its id, and a shelf for each owner.
type apiKeys struct{ view }

// APIKeys is the view of API keys.
func (s *Store) APIKeys() apikey.Store { return apiKeys{s.view} }

func (a apiKeys) name(id string) string { return a.key.of(id, "apikey") }

func (a apiKeys) of(ownerID string) shelf {
	return shelf{view: a.view, owner: ownerID, field: "owner", set: a.key.of(ownerID, "apikeys"), record: a.name}
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
	done, err := a.of(k.OwnerID).add(ctx, k.ID, createKey, k.OwnerID, strconv.FormatInt(k.Version, 10), record)
	if err == nil && !done {
		err = apikey.ErrExists
	}
	return err
}

// Load answers the key.
func (a apiKeys) Load(ctx context.Context, id string) (apikey.Key, error) {
	cmd := hashFields(ctx, a.name(id), "record")
	if err := a.c.read(ctx, cmd); err != nil {
		return apikey.Key{}, err
	}
	return readKey(id, cmd.Val())
}

// readKey makes a key of its field "record".
func readKey(_ string, parts []any) (k apikey.Key, err error) {
	if len(parts) != 1 || parts[0] == nil {
		return k, apikey.ErrNotFound
	}
	text, _ := parts[0].(string)
	err = decode(text, &k)
	return k, err
}

// List answers the newest keys of the owner.
func (a apiKeys) List(ctx context.Context, ownerID string, limit int) ([]apikey.Key, error) {
	if limit <= 0 {
		return nil, nil
	}
	ctx, cancel := a.c.within(ctx)
	defer cancel()
	keys, err := listed(ctx, a.of(ownerID), []string{"record"}, readKey)
	slices.SortFunc(keys, func(a, b apikey.Key) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return keys[:min(limit, len(keys))], err
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

// Delete removes a key of the owner.
func (a apiKeys) Delete(ctx context.Context, ownerID, id string) (k apikey.Key, err error) {
	ctx, cancel := a.c.within(ctx)
	defer cancel()
	record, was, err := a.of(ownerID).remove(ctx, id)
	if err != nil {
		return apikey.Key{}, err
	}
	if !was {
		return apikey.Key{}, apikey.ErrNotFound
	}
	err = decode(record, &k)
	return k, err
}

// DeleteAll removes every key of the owner.
func (a apiKeys) DeleteAll(ctx context.Context, ownerID string) error {
	ctx, cancel := a.c.within(ctx)
	defer cancel()
	return a.of(ownerID).removeAll(ctx)
}
