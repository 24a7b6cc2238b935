package memstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/crafteasy/auth/apikey"
)

var _ apikey.Store = (*apiKeys)(nil)

// apiKeys is the view of API keys.
type apiKeys struct {
	mu     sync.Mutex
	held   map[string]apikey.Key
	owners map[string]map[string]bool // owner id → ids
}

func newAPIKeys() *apiKeys {
	return &apiKeys{held: map[string]apikey.Key{}, owners: map[string]map[string]bool{}}
}

// APIKeys is the view of API keys.
func (s *Store) APIKeys() apikey.Store { return s.apiKeys }

// lock is how every verb begins.
func (all *apiKeys) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all.mu.Lock()
	return nil
}

// Create stores a key.
func (all *apiKeys) Create(ctx context.Context, k apikey.Key) error {
	if err := all.lock(ctx); err != nil {
		return err
	}
	defer all.mu.Unlock()
	if _, taken := all.held[k.ID]; taken {
		return apikey.ErrExists
	}
	all.held[k.ID] = cloneKey(k)
	if all.owners[k.OwnerID] == nil {
		all.owners[k.OwnerID] = map[string]bool{}
	}
	all.owners[k.OwnerID][k.ID] = true
	return nil
}

// Load answers the key.
func (all *apiKeys) Load(ctx context.Context, id string) (apikey.Key, error) {
	if err := all.lock(ctx); err != nil {
		return apikey.Key{}, err
	}
	defer all.mu.Unlock()
	k, ok := all.held[id]
	if !ok {
		return apikey.Key{}, apikey.ErrNotFound
	}
	return cloneKey(k), nil
}

// List answers the newest keys of the owner.
func (all *apiKeys) List(ctx context.Context, ownerID string, limit int) ([]apikey.Key, error) {
	if err := all.lock(ctx); err != nil {
		return nil, err
	}
	defer all.mu.Unlock()
	var keys []apikey.Key
	for id := range all.owners[ownerID] {
		keys = append(keys, cloneKey(all.held[id]))
	}
	slices.SortFunc(keys, func(a, b apikey.Key) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return keys[:min(max(limit, 0), len(keys))], nil
}

// Replace puts next in place of the version before it.
func (all *apiKeys) Replace(ctx context.Context, next apikey.Key) (bool, error) {
	if err := all.lock(ctx); err != nil {
		return false, err
	}
	defer all.mu.Unlock()
	k, ok := all.held[next.ID]
	if !ok || k.OwnerID != next.OwnerID || k.Version != next.Version-1 {
		return false, nil
	}
	all.held[next.ID] = cloneKey(next)
	return true, nil
}

// Delete removes a key of the owner.
func (all *apiKeys) Delete(ctx context.Context, ownerID, id string) (apikey.Key, error) {
	if err := all.lock(ctx); err != nil {
		return apikey.Key{}, err
	}
	defer all.mu.Unlock()
	k, ok := all.held[id]
	if !ok || k.OwnerID != ownerID {
		return apikey.Key{}, apikey.ErrNotFound
	}
	delete(all.held, id)
	if delete(all.owners[ownerID], id); len(all.owners[ownerID]) == 0 {
		delete(all.owners, ownerID)
	}
	return k, nil
}

// DeleteAll removes every key of the owner.
func (all *apiKeys) DeleteAll(ctx context.Context, ownerID string) error {
	if err := all.lock(ctx); err != nil {
		return err
	}
	defer all.mu.Unlock()
	for id := range all.owners[ownerID] {
		delete(all.held, id)
	}
	delete(all.owners, ownerID)
	return nil
}

// cloneKey answers a copy that shares nothing with k, with times as they are kept.
func cloneKey(k apikey.Key) apikey.Key {
	k.Scopes, k.AllowedIPs, k.PublicKeys = slices.Clone(k.Scopes), slices.Clone(k.AllowedIPs), slices.Clone(k.PublicKeys)
	k.Secrets = slices.Clone(k.Secrets)
	for i := range k.Secrets {
		held := &k.Secrets[i]
		held.Hash, held.CreatedAt, held.Until = bytes.Clone(held.Hash), exact(held.CreatedAt), exact(held.Until)
	}
	k.CreatedAt, k.NotBefore, k.ExpiresAt, k.LastUsedAt = exact(k.CreatedAt), exact(k.NotBefore), exact(k.ExpiresAt), exact(k.LastUsedAt)
	return k
}
