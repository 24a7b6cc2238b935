package memstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/crafteasy/auth/webauthn"
)

var _ webauthn.Store = (*passkeys)(nil)

// passkeys is the view of passkeys and user handles.
type passkeys struct {
	mu      sync.Mutex
	held    map[string]webauthn.Credential // by id
	of      map[string]map[string]bool     // ids by user
	handles map[string][]byte
}

func newPasskeys() *passkeys {
	return &passkeys{held: map[string]webauthn.Credential{}, of: map[string]map[string]bool{}, handles: map[string][]byte{}}
}

// Passkeys is the view of passkeys.
func (s *Store) Passkeys() webauthn.Store { return s.passkeys }

// Handle answers the user's handle; where there is none, it becomes fresh.
func (all *passkeys) Handle(ctx context.Context, userID string, fresh []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	handle, ok := all.handles[userID]
	if !ok {
		handle = bytes.Clone(fresh)
		all.handles[userID] = handle
	}
	return bytes.Clone(handle), nil
}

// Add stores c unless its id is taken.
func (all *passkeys) Add(ctx context.Context, c webauthn.Credential) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	id := string(c.ID)
	if _, taken := all.held[id]; taken {
		return webauthn.ErrExists
	}
	c = clonePasskey(c)
	c.CreatedAt, c.LastUsedAt = exact(c.CreatedAt), exact(c.LastUsedAt)
	all.held[id] = c
	if all.of[c.UserID] == nil {
		all.of[c.UserID] = map[string]bool{}
	}
	all.of[c.UserID][id] = true
	return nil
}

// Load answers the passkey with this id.
func (all *passkeys) Load(ctx context.Context, id []byte) (webauthn.Credential, error) {
	if err := ctx.Err(); err != nil {
		return webauthn.Credential{}, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	c, ok := all.held[string(id)]
	if !ok {
		return webauthn.Credential{}, webauthn.ErrNotFound
	}
	return clonePasskey(c), nil
}

// List answers the user's passkeys, the oldest first.
func (all *passkeys) List(ctx context.Context, userID string) ([]webauthn.Credential, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	list := make([]webauthn.Credential, 0, len(all.of[userID]))
	for id := range all.of[userID] {
		list = append(list, clonePasskey(all.held[id]))
	}
	slices.SortFunc(list, func(a, b webauthn.Credential) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), bytes.Compare(a.ID, b.ID))
	})
	return list, nil
}

// Advance records a use if the counter still stands.
func (all *passkeys) Advance(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	c, ok := all.held[string(id)]
	if !ok || c.Counter != u.From {
		return false, nil
	}
	c.Counter, c.BackedUp, c.LastUsedAt = u.To, u.BackedUp, exact(u.At)
	all.held[string(id)] = c
	return true, nil
}

// Rename gives the user's passkey another name.
func (all *passkeys) Rename(ctx context.Context, userID string, id []byte, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if !all.of[userID][string(id)] {
		return webauthn.ErrNotFound
	}
	c := all.held[string(id)]
	c.Name = name
	all.held[string(id)] = c
	return nil
}

// Delete removes the user's passkey with this id.
func (all *passkeys) Delete(ctx context.Context, userID string, id []byte) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if !all.of[userID][string(id)] {
		return false, nil
	}
	delete(all.held, string(id))
	delete(all.of[userID], string(id))
	if len(all.of[userID]) == 0 {
		delete(all.of, userID)
	}
	return true, nil
}

// DeleteAll removes the user's passkeys and handle.
func (all *passkeys) DeleteAll(ctx context.Context, userID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	for id := range all.of[userID] {
		delete(all.held, id)
	}
	delete(all.of, userID)
	delete(all.handles, userID)
	return nil
}

func clonePasskey(c webauthn.Credential) webauthn.Credential {
	c.ID, c.Handle, c.PublicKey, c.AAGUID = bytes.Clone(c.ID), bytes.Clone(c.Handle), bytes.Clone(c.PublicKey), bytes.Clone(c.AAGUID)
	c.Transports = slices.Clone(c.Transports)
	return c
}
