package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/store/memstore"
)

func openAPIKeys(_ *testing.T, now func() time.Time) apikey.Store {
	return memstore.New(&memstore.Options{Now: now}).APIKeys()
}

// faultyAPIKeys replaces single verbs of a sound store.
type faultyAPIKeys struct {
	apikey.Store

	mu        sync.Mutex
	now       func() time.Time
	create    func(ctx context.Context, k apikey.Key) error
	load      func(ctx context.Context, id string) (apikey.Key, error)
	list      func(ctx context.Context, ownerID string, limit int) ([]apikey.Key, error)
	replace   func(ctx context.Context, next apikey.Key) (bool, error)
	remove    func(ctx context.Context, ownerID, id string) (apikey.Key, error)
	removeAll func(ctx context.Context, ownerID string) error
}

func (f *faultyAPIKeys) Create(ctx context.Context, k apikey.Key) error {
	if f.create != nil {
		return f.create(ctx, k)
	}
	return f.Store.Create(ctx, k)
}

func (f *faultyAPIKeys) Load(ctx context.Context, id string) (apikey.Key, error) {
	if f.load != nil {
		return f.load(ctx, id)
	}
	return f.Store.Load(ctx, id)
}

func (f *faultyAPIKeys) List(ctx context.Context, ownerID string, limit int) ([]apikey.Key, error) {
	if f.list != nil {
		return f.list(ctx, ownerID, limit)
	}
	return f.Store.List(ctx, ownerID, limit)
}

func (f *faultyAPIKeys) Replace(ctx context.Context, next apikey.Key) (bool, error) {
	if f.replace != nil {
		return f.replace(ctx, next)
	}
	return f.Store.Replace(ctx, next)
}

func (f *faultyAPIKeys) Delete(ctx context.Context, ownerID, id string) (apikey.Key, error) {
	if f.remove != nil {
		return f.remove(ctx, ownerID, id)
	}
	return f.Store.Delete(ctx, ownerID, id)
}

func (f *faultyAPIKeys) DeleteAll(ctx context.Context, ownerID string) error {
	if f.removeAll != nil {
		return f.removeAll(ctx, ownerID)
	}
	return f.Store.DeleteAll(ctx, ownerID)
}

// withAPIKeys makes a store whose verbs differ from those of a sound one where wrap says so.
func withAPIKeys(wrap func(apikey.Store, *faultyAPIKeys)) Open[apikey.Store] {
	return func(t *testing.T, now func() time.Time) apikey.Store {
		sound := openAPIKeys(t, now)
		f := &faultyAPIKeys{Store: sound, now: now}
		wrap(sound, f)
		return f
	}
}

// withKeptAPIKeys makes a store that changes keys before it keeps them.
func withKeptAPIKeys(change func(*apikey.Key)) Open[apikey.Store] {
	return withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.create = func(ctx context.Context, k apikey.Key) error { change(&k); return s.Create(ctx, k) }
		f.replace = func(ctx context.Context, k apikey.Key) (bool, error) { change(&k); return s.Replace(ctx, k) }
	})
}

// remembering makes a store that answers the very values that it was given.
func remembering(s apikey.Store, f *faultyAPIKeys) {
	given := map[string]apikey.Key{}
	note := func(k apikey.Key) { f.mu.Lock(); defer f.mu.Unlock(); given[k.ID] = k }
	f.create = func(ctx context.Context, k apikey.Key) error {
		err := s.Create(ctx, k)
		if err == nil {
			note(k)
		}
		return err
	}
	f.replace = func(ctx context.Context, k apikey.Key) (bool, error) {
		won, err := s.Replace(ctx, k)
		if won {
			note(k)
		}
		return won, err
	}
	f.load = func(ctx context.Context, id string) (apikey.Key, error) {
		k, err := s.Load(ctx, id)
		f.mu.Lock()
		defer f.mu.Unlock()
		if held, ok := given[id]; ok && err == nil {
			k = held
		}
		return k, err
	}
}

// force puts k in place of whatever has its id.
func (f *faultyAPIKeys) force(ctx context.Context, k apikey.Key) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if held, err := f.Store.Load(ctx, k.ID); err == nil {
		_, _ = f.Store.Delete(ctx, held.OwnerID, held.ID)
	}
	return f.Store.Create(ctx, k)
}

func TestAPIKeyRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openAPIKeys, apiKeyRules); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestAPIKeyRulesNotice(t *testing.T) {
	notice(t, slices.Concat(apiKeyFieldFlaws, apiKeyVerbFlaws), apiKeyRules)
}

var apiKeyFieldFlaws = []flaw[apikey.Store]{
	{"NotBefore is lost", withKeptAPIKeys(func(k *apikey.Key) { k.NotBefore = time.Time{} }), []string{"a key comes back the same in every field"}},
	{"the end of a secret is lost", withKeptAPIKeys(func(k *apikey.Key) {
		k.Secrets = slices.Clone(k.Secrets)
		for i := range k.Secrets {
			k.Secrets[i].Until = time.Time{}
		}
	}), []string{"a key comes back the same in every field"}},
	{"what was given is kept as it is", withAPIKeys(remembering), []string{
		"times are kept in UTC to the millisecond", "what is kept shares nothing with what was given and answered",
	}},
	{"ids have no case", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.load = func(ctx context.Context, id string) (apikey.Key, error) {
			k, err := s.Load(ctx, strings.ToLower(id))
			k.ID = id
			return k, err
		}
	}), []string{"ids and owners are bytes and mean nothing to the store", "what is not there is ErrNotFound, false, and an empty list"}},
	{"owners are cut at NUL", withKeptAPIKeys(func(k *apikey.Key) { k.OwnerID, _, _ = strings.Cut(k.OwnerID, "\x00") }), []string{
		"ids and owners are bytes and mean nothing to the store",
	}},
	{"a key ends with its time", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.load = func(ctx context.Context, id string) (apikey.Key, error) {
			k, err := s.Load(ctx, id)
			if err == nil && !k.ExpiresAt.IsZero() && f.now().After(k.ExpiresAt) {
				return apikey.Key{}, apikey.ErrNotFound
			}
			return k, err
		}
	}), []string{"a key does not end by itself"}},
	{"the context is not looked at", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.replace = func(ctx context.Context, next apikey.Key) (bool, error) {
			return s.Replace(context.WithoutCancel(ctx), next)
		}
	}), []string{"a cancelled context does nothing and is reported"}},
}

var apiKeyVerbFlaws = []flaw[apikey.Store]{
	{"an unknown key is an empty one", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.load = func(ctx context.Context, id string) (apikey.Key, error) {
			k, err := s.Load(ctx, id)
			if errors.Is(err, apikey.ErrNotFound) {
				err = nil
			}
			return k, err
		}
	}), []string{"what is not there is ErrNotFound, false, and an empty list"}},
	{"Create replaces", withAPIKeys(func(_ apikey.Store, f *faultyAPIKeys) { f.create = f.force }), []string{
		"an id is taken for everybody: Create over another key is ErrExists and changes nothing",
	}},
	{"Create looks, then writes", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.create = func(ctx context.Context, k apikey.Key) error {
			_, err := s.Load(ctx, k.ID)
			gap()
			if !errors.Is(err, apikey.ErrNotFound) {
				return errors.Join(err, apikey.ErrExists)
			}
			return f.force(ctx, k)
		}
	}), []string{"of many who Create one id at once exactly one does"}},
	{"ids are taken by owner", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.create = func(ctx context.Context, k apikey.Key) error {
			if held, err := s.Load(ctx, k.ID); err == nil && held.OwnerID != k.OwnerID {
				return f.force(ctx, k)
			}
			return s.Create(ctx, k)
		}
	}), []string{"an id is taken for everybody: Create over another key is ErrExists and changes nothing"}},
	{"the owner is not looked at", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.replace = func(ctx context.Context, next apikey.Key) (bool, error) {
			if held, err := s.Load(ctx, next.ID); err == nil && held.Version == next.Version-1 {
				return true, f.force(ctx, next)
			}
			return s.Replace(ctx, next)
		}
	}), []string{"a key of another owner is neither replaced nor removed"}},
	{"Replace follows any version", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.replace = func(ctx context.Context, next apikey.Key) (bool, error) {
			held, err := s.Load(ctx, next.ID)
			if err != nil || held.OwnerID != next.OwnerID {
				return s.Replace(ctx, next)
			}
			return true, f.force(ctx, next)
		}
	}), []string{"Replace follows the version before it and no other"}},
	{"Replace reads, then writes", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.replace = func(ctx context.Context, next apikey.Key) (bool, error) {
			held, err := s.Load(ctx, next.ID)
			gap()
			if err != nil || held.OwnerID != next.OwnerID || held.Version != next.Version-1 {
				return false, ctx.Err()
			}
			return true, f.force(ctx, next)
		}
		// A Delete takes its time too, so that none comes before every Replace has looked.
		f.remove = func(ctx context.Context, ownerID, id string) (apikey.Key, error) {
			gap()
			return s.Delete(ctx, ownerID, id)
		}
	}), []string{
		"of many who Replace one version at once exactly one does",
		"of many who Delete a key at once exactly one gets it, and no Replace brings it back",
	}},
	{"Delete reads, then deletes", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.remove = func(ctx context.Context, ownerID, id string) (apikey.Key, error) {
			held, err := s.Load(ctx, id)
			gap()
			if err != nil || held.OwnerID != ownerID {
				return apikey.Key{}, errors.Join(err, apikey.ErrNotFound)
			}
			_, _ = s.Delete(ctx, ownerID, id)
			return held, nil
		}
	}), []string{"of many who Delete a key at once exactly one gets it, and no Replace brings it back"}},
	{"the list begins with the oldest", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.list = func(ctx context.Context, ownerID string, limit int) ([]apikey.Key, error) {
			all, err := s.List(ctx, ownerID, limit)
			slices.Reverse(all)
			return all, err
		}
	}), []string{"List answers the newest first, and no more than asked for"}},
	{"the list has no bound", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.list = func(ctx context.Context, ownerID string, _ int) ([]apikey.Key, error) {
			return s.List(ctx, ownerID, 1000)
		}
	}), []string{"List answers the newest first, and no more than asked for"}},
	{"DeleteAll leaves the keys that were made first", withAPIKeys(func(s apikey.Store, f *faultyAPIKeys) {
		f.removeAll = func(ctx context.Context, ownerID string) error {
			some, err := s.List(ctx, ownerID, 1)
			for _, k := range some {
				_, err = s.Delete(ctx, ownerID, k.ID)
			}
			return err
		}
	}), []string{"DeleteAll removes every key of the owner, and no other"}},
}
