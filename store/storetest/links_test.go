package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/store/memstore"
)

func openLinks(_ *testing.T, now func() time.Time) oauth.Store {
	return memstore.New(&memstore.Options{Now: now}).Links()
}

// faultyLinks replaces single verbs of a sound store.
type faultyLinks struct {
	oauth.Store

	mu        sync.Mutex
	add       func(ctx context.Context, l oauth.Link) error
	load      func(ctx context.Context, id string) (oauth.Link, error)
	list      func(ctx context.Context, userID string) ([]oauth.Link, error)
	remove    func(ctx context.Context, userID, id string) (bool, error)
	removeAll func(ctx context.Context, userID string) error
}

func (f *faultyLinks) Add(ctx context.Context, l oauth.Link) error {
	if f.add != nil {
		return f.add(ctx, l)
	}
	return f.Store.Add(ctx, l)
}

func (f *faultyLinks) Load(ctx context.Context, id string) (oauth.Link, error) {
	if f.load != nil {
		return f.load(ctx, id)
	}
	return f.Store.Load(ctx, id)
}

func (f *faultyLinks) List(ctx context.Context, userID string) ([]oauth.Link, error) {
	if f.list != nil {
		return f.list(ctx, userID)
	}
	return f.Store.List(ctx, userID)
}

func (f *faultyLinks) Delete(ctx context.Context, userID, id string) (bool, error) {
	if f.remove != nil {
		return f.remove(ctx, userID, id)
	}
	return f.Store.Delete(ctx, userID, id)
}

func (f *faultyLinks) DeleteAll(ctx context.Context, userID string) error {
	if f.removeAll != nil {
		return f.removeAll(ctx, userID)
	}
	return f.Store.DeleteAll(ctx, userID)
}

// withLinks makes a store whose verbs differ from those of a sound one where wrap says so.
func withLinks(wrap func(oauth.Store, *faultyLinks)) Open[oauth.Store] {
	return func(t *testing.T, now func() time.Time) oauth.Store {
		sound := openLinks(t, now)
		f := &faultyLinks{Store: sound}
		wrap(sound, f)
		return f
	}
}

// withAddedLinks makes a store that changes links before it keeps them.
func withAddedLinks(change func(*oauth.Link)) Open[oauth.Store] {
	return withLinks(func(s oauth.Store, f *faultyLinks) {
		f.add = func(ctx context.Context, l oauth.Link) error { change(&l); return s.Add(ctx, l) }
	})
}

// withSortedLinks makes a store whose lists have an order of their own.
func withSortedLinks(compare func(a, b oauth.Link) int) Open[oauth.Store] {
	return withLinks(func(s oauth.Store, f *faultyLinks) {
		f.list = func(ctx context.Context, userID string) ([]oauth.Link, error) {
			all, err := s.List(ctx, userID)
			slices.SortStableFunc(all, compare)
			return all, err
		}
	})
}

// replaceLink puts l in place of whatever has its id.
func (f *faultyLinks) replaceLink(ctx context.Context, l oauth.Link) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if held, err := f.Store.Load(ctx, l.ID); err == nil {
		_, _ = f.Store.Delete(ctx, held.UserID, held.ID)
	}
	return f.Store.Add(ctx, l)
}

func TestLinkRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openLinks, linkRules); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestLinkRulesNotice(t *testing.T) { notice(t, linkFlaws, linkRules) }

var linkFlaws = []flaw[oauth.Store]{
	{"the address is lost", withAddedLinks(func(l *oauth.Link) { l.Email = "" }), []string{"a link comes back the same in every field"}},
	{"subjects are cut at 254 bytes", withAddedLinks(func(l *oauth.Link) { l.Subject = l.Subject[:min(len(l.Subject), 254)] }), []string{
		"a subject is any text of up to 255 bytes",
	}},
	{"an unknown link is an empty one", withLinks(func(s oauth.Store, f *faultyLinks) {
		f.load = func(ctx context.Context, id string) (oauth.Link, error) {
			l, err := s.Load(ctx, id)
			if errors.Is(err, oauth.ErrNotFound) {
				err = nil
			}
			return l, err
		}
	}), []string{"an unknown id is ErrNotFound"}},
	{"Add replaces", withLinks(func(_ oauth.Store, f *faultyLinks) { f.add = f.replaceLink }), []string{
		"an identity that anybody has is ErrExists and stays the first owner's",
	}},
	{"Add looks, then writes", withLinks(func(s oauth.Store, f *faultyLinks) {
		f.add = func(ctx context.Context, l oauth.Link) error {
			_, err := s.Load(ctx, l.ID)
			gap()
			if !errors.Is(err, oauth.ErrNotFound) {
				return errors.Join(err, oauth.ErrExists)
			}
			return f.replaceLink(ctx, l)
		}
	}), []string{"of many who claim one identity at once exactly one does, and only its owner has it"}},
	{"the list begins with the newest", withSortedLinks(func(a, b oauth.Link) int { return b.LinkedAt.Compare(a.LinkedAt) }), []string{
		"the list holds the user's links, the oldest first, and no other's",
	}},
	{"links of one time have no order", withSortedLinks(func(a, b oauth.Link) int { return strings.Compare(a.Subject, b.Subject) }), []string{
		"links of one time are listed by their ids",
	}},
	{"Delete looks at the id alone", withLinks(func(s oauth.Store, f *faultyLinks) {
		f.remove = func(ctx context.Context, userID, id string) (bool, error) {
			if held, err := s.Load(ctx, id); err == nil {
				userID = held.UserID
			}
			return s.Delete(ctx, userID, id)
		}
	}), []string{"Delete removes a link of the user and no other's"}},
	{"Delete reads, then deletes", withLinks(func(s oauth.Store, f *faultyLinks) {
		f.remove = func(ctx context.Context, userID, id string) (bool, error) {
			held, err := s.Load(ctx, id)
			gap()
			_, _ = s.Delete(ctx, userID, id)
			return err == nil && held.UserID == userID, nil
		}
	}), []string{"of many who delete one link at once exactly one does"}},
	{"the list is a second table", withLinks(func(s oauth.Store, f *faultyLinks) {
		listed := map[string]bool{}
		list := func(id string, is bool) { f.mu.Lock(); defer f.mu.Unlock(); listed[id] = is }
		f.add = func(ctx context.Context, l oauth.Link) error {
			list(l.ID, true)
			gap()
			return s.Add(ctx, l)
		}
		f.remove = func(ctx context.Context, userID, id string) (bool, error) {
			was, err := s.Delete(ctx, userID, id)
			gap()
			if was {
				list(id, false)
			}
			return was, err
		}
		f.list = func(ctx context.Context, userID string) ([]oauth.Link, error) {
			all, err := s.List(ctx, userID)
			f.mu.Lock()
			defer f.mu.Unlock()
			return slices.DeleteFunc(all, func(l oauth.Link) bool { return !listed[l.ID] }), err
		}
	}), []string{"after many who Add and Delete one link at once the list holds what is there"}},
	{"an identity stays taken", withLinks(func(s oauth.Store, f *faultyLinks) {
		taken := map[string]bool{}
		f.add = func(ctx context.Context, l oauth.Link) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			if taken[l.ID] {
				return oauth.ErrExists
			}
			taken[l.ID] = true
			return s.Add(ctx, l)
		}
	}), []string{"an identity that was unlinked can be linked to another"}},
	{"DeleteAll stops at the first", withLinks(func(s oauth.Store, f *faultyLinks) {
		f.removeAll = func(ctx context.Context, userID string) error {
			all, err := s.List(ctx, userID)
			for _, l := range all[:min(len(all), 1)] {
				_, err = s.Delete(ctx, userID, l.ID)
			}
			return err
		}
	}), []string{"DeleteAll removes the user's links and no other's"}},
	{"user ids have no case", withAddedLinks(func(l *oauth.Link) { l.UserID = strings.ToLower(l.UserID) }), []string{
		"ids, users and subjects are text that means nothing to the store",
	}},
	{"the context is not looked at", withLinks(func(s oauth.Store, f *faultyLinks) {
		f.remove = func(ctx context.Context, userID, id string) (bool, error) {
			return s.Delete(context.WithoutCancel(ctx), userID, id)
		}
	}), []string{"a cancelled context does nothing and is reported"}},
}
