package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

func openUsers(_ *testing.T, now func() time.Time) user.Store {
	return memstore.New(&memstore.Options{Now: now}).Users()
}

func TestUserRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openUsers, userRules); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestUserRulesNotice(t *testing.T) { notice(t, userFlaws, userRules) }

// faultyUsers replaces single verbs of a sound store.
type faultyUsers struct {
	user.Store
	mu     sync.Mutex
	byID   func(ctx context.Context, id string) (user.User, error)
	find   func(ctx context.Context, id user.Identifier) (user.User, error)
	create func(ctx context.Context, n user.NewUser) (user.User, error)
	set    func(ctx context.Context, userID string, id user.Identifier) error
}

func (f *faultyUsers) ByID(ctx context.Context, id string) (user.User, error) {
	if f.byID != nil {
		return f.byID(ctx, id)
	}
	return f.Store.ByID(ctx, id)
}

func (f *faultyUsers) Find(ctx context.Context, id user.Identifier) (user.User, error) {
	if f.find != nil {
		return f.find(ctx, id)
	}
	return f.Store.Find(ctx, id)
}

func (f *faultyUsers) Create(ctx context.Context, n user.NewUser) (user.User, error) {
	if f.create != nil {
		return f.create(ctx, n)
	}
	return f.Store.Create(ctx, n)
}

func (f *faultyUsers) SetIdentifier(ctx context.Context, userID string, id user.Identifier) error {
	if f.set != nil {
		return f.set(ctx, userID, id)
	}
	return f.Store.SetIdentifier(ctx, userID, id)
}

// withUsers makes a user table whose verbs differ from those of a sound one where wrap says so.
func withUsers(wrap func(*memstore.Store, *faultyUsers)) Open[user.Store] {
	return func(_ *testing.T, now func() time.Time) user.Store {
		m := memstore.New(&memstore.Options{Now: now})
		f := &faultyUsers{Store: m.Users()}
		wrap(m, f)
		return f
	}
}

// evict frees an identifier by force, as a store does that has no unique index.
func evict(ctx context.Context, m *memstore.Store, id user.Identifier) {
	if u, err := m.Users().Find(ctx, id); err == nil {
		if id.Kind == user.Email {
			u.Email = ""
		} else {
			u.Phone = ""
		}
		_ = m.PutUser(ctx, u)
	}
}

var userFlaws = []flaw[user.Store]{
	{"Create looks, then writes", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.create = func(ctx context.Context, n user.NewUser) (user.User, error) {
			_, err := m.Users().Find(ctx, n.Identifier)
			gap()
			if !errors.Is(err, user.ErrNotFound) {
				return user.User{}, errors.Join(err, user.ErrExists)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			evict(ctx, m, n.Identifier)
			return m.Users().Create(ctx, n)
		}
	}), []string{
		"of many who Create with one identifier at once exactly one does, and the others are told ErrExists",
		"of Create and SetIdentifier with one identifier at once exactly one gets it",
	}},
	{"SetIdentifier looks, then writes", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.set = func(ctx context.Context, userID string, id user.Identifier) error {
			if u, err := m.Users().Find(ctx, id); err == nil && u.ID != userID {
				return user.ErrExists
			}
			gap()
			f.mu.Lock()
			defer f.mu.Unlock()
			evict(ctx, m, id)
			return m.Users().SetIdentifier(ctx, userID, id)
		}
	}), []string{"of many users who SetIdentifier to one address at once exactly one gets it, and the others keep theirs"}},
	{"SetIdentifier takes what another holds", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.set = func(ctx context.Context, userID string, id user.Identifier) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			if u, err := m.Users().Find(ctx, id); err == nil && u.ID != userID {
				evict(ctx, m, id)
			}
			return m.Users().SetIdentifier(ctx, userID, id)
		}
	}), []string{"SetIdentifier refuses one that another user holds and changes nothing"}},
	{"Create takes what another holds", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.create = func(ctx context.Context, n user.NewUser) (user.User, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			evict(ctx, m, n.Identifier)
			return m.Users().Create(ctx, n)
		}
	}), []string{"a taken identifier creates nobody"}},
	{"the old identifier stays taken", withUsers(func(m *memstore.Store, f *faultyUsers) {
		taken := make(map[user.Identifier]bool)
		f.set = func(ctx context.Context, userID string, id user.Identifier) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			if u, err := m.Users().ByID(ctx, userID); err == nil {
				taken[u.Address(id.Kind)] = true
			}
			return m.Users().SetIdentifier(ctx, userID, id)
		}
		f.create = func(ctx context.Context, n user.NewUser) (user.User, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if taken[n.Identifier] {
				return user.User{}, user.ErrExists
			}
			return m.Users().Create(ctx, n)
		}
	}), []string{"SetIdentifier replaces the one of its kind, which becomes free, and leaves the other kind alone"}},
	{"SetIdentifier refuses the user's own", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.set = func(ctx context.Context, userID string, id user.Identifier) error {
			if _, err := m.Users().Find(ctx, id); err == nil {
				return user.ErrExists
			}
			return m.Users().SetIdentifier(ctx, userID, id)
		}
	}), []string{"SetIdentifier with the user's own identifier changes nothing"}},
	{"SetIdentifier makes a user", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.set = func(ctx context.Context, userID string, id user.Identifier) error {
			err := m.Users().SetIdentifier(ctx, userID, id)
			if errors.Is(err, user.ErrNotFound) {
				_, err = m.Users().Create(ctx, user.NewUser{Identifier: id})
			}
			return err
		}
	}), []string{"an unknown user takes no identifier", "an unknown id or identifier is ErrNotFound"}},
	{"identifiers have no case", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.find = func(ctx context.Context, id user.Identifier) (user.User, error) {
			id.Value = strings.ToLower(id.Value)
			return m.Users().Find(ctx, id)
		}
	}), []string{"identifiers are compared byte by byte"}},
	{"an empty identifier finds somebody", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.find = func(ctx context.Context, id user.Identifier) (user.User, error) {
			if id.IsZero() {
				return user.User{ID: "somebody"}, nil
			}
			return m.Users().Find(ctx, id)
		}
	}), []string{"who has no identifier of a kind is not found by an empty one", "an unknown id or identifier is ErrNotFound"}},
	{"the name is lost", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.byID = func(ctx context.Context, id string) (user.User, error) {
			u, err := m.Users().ByID(ctx, id)
			u.Name = strings.TrimSuffix(u.Name, "$where")
			return u, err
		}
	}), []string{"who was created is found by id and by identifier, the same in every field"}},
	{"every user has a phone", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.create = func(ctx context.Context, n user.NewUser) (user.User, error) {
			u, err := m.Users().Create(ctx, n)
			u.Phone = "+46"
			return u, err
		}
	}), []string{"a new user holds one identifier and no other"}},
	{"ids repeat", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.create = func(ctx context.Context, n user.NewUser) (user.User, error) {
			u, err := m.Users().Create(ctx, n)
			u.ID = "same"
			return u, err
		}
	}), []string{"many who Create at once get ids of their own"}},
	{"the context is not looked at", withUsers(func(m *memstore.Store, f *faultyUsers) {
		f.find = func(ctx context.Context, id user.Identifier) (user.User, error) {
			return m.Users().Find(context.WithoutCancel(ctx), id)
		}
	}), []string{"a cancelled context does nothing and is reported"}},
}
