package memstore

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/crafteasy/auth/oauth"
)

var _ oauth.Store = (*links)(nil)

// links is the view of identities at providers.
type links struct {
	mu   sync.RWMutex
	held map[string]oauth.Link
	of   map[string]map[string]struct{} // ids by user
}

func newLinks() *links {
	return &links{held: map[string]oauth.Link{}, of: map[string]map[string]struct{}{}}
}

// Links is the view of identities at providers.
func (s *Store) Links() oauth.Store { return s.links }

// Add stores l unless a link has its id.
func (all *links) Add(ctx context.Context, l oauth.Link) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if _, taken := all.held[l.ID]; taken {
		return oauth.ErrExists
	}
	l.LinkedAt = l.LinkedAt.UTC().Truncate(time.Millisecond)
	all.held[l.ID] = l
	if all.of[l.UserID] == nil {
		all.of[l.UserID] = map[string]struct{}{}
	}
	all.of[l.UserID][l.ID] = struct{}{}
	return nil
}

// Load answers the link.
func (all *links) Load(ctx context.Context, id string) (oauth.Link, error) {
	if err := ctx.Err(); err != nil {
		return oauth.Link{}, err
	}
	all.mu.RLock()
	defer all.mu.RUnlock()
	l, ok := all.held[id]
	if !ok {
		return oauth.Link{}, oauth.ErrNotFound
	}
	return l, nil
}

// List answers the user's links, the oldest first.
func (all *links) List(ctx context.Context, userID string) ([]oauth.Link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all.mu.RLock()
	defer all.mu.RUnlock()
	list := make([]oauth.Link, 0, len(all.of[userID]))
	for id := range all.of[userID] {
		list = append(list, all.held[id])
	}
	slices.SortFunc(list, func(a, b oauth.Link) int { return cmp.Or(a.LinkedAt.Compare(b.LinkedAt), cmp.Compare(a.ID, b.ID)) })
	return list, nil
}

// Delete removes a link of the user.
func (all *links) Delete(ctx context.Context, userID, id string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if l, ok := all.held[id]; !ok || l.UserID != userID {
		return false, nil
	}
	delete(all.held, id)
	delete(all.of[userID], id)
	if len(all.of[userID]) == 0 {
		delete(all.of, userID)
	}
	return true, nil
}

// DeleteAll removes every link of the user.
func (all *links) DeleteAll(ctx context.Context, userID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	for id := range all.of[userID] {
		delete(all.held, id)
	}
	delete(all.of, userID)
	return nil
}
