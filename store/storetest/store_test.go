package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
)

func openStore(_ *testing.T, now func() time.Time) store.Store {
	return memstore.New(&memstore.Options{Now: now})
}

func TestStoreRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openStore, storeRules); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestStoreRulesNotice(t *testing.T) { notice(t, storeFlaws, storeRules) }

// faultyStore replaces what a sound store answers.
type faultyStore struct {
	store.Store
	namespace func(name string) store.Store
	sessions  func() session.Store
}

func (f *faultyStore) Namespace(name string) store.Store {
	if f.namespace != nil {
		return f.namespace(name)
	}
	return f.Store.Namespace(name)
}

func (f *faultyStore) Sessions() session.Store {
	if f.sessions != nil {
		return f.sessions()
	}
	return f.Store.Sessions()
}

func withStore(wrap func(store.Store, *faultyStore)) Open[store.Store] {
	return func(t *testing.T, now func() time.Time) store.Store {
		sound := openStore(t, now)
		f := &faultyStore{Store: sound}
		wrap(sound, f)
		return f
	}
}

// withNames makes a store that changes the names of namespaces.
func withNames(change func(string) string) Open[store.Store] {
	return withStore(func(s store.Store, f *faultyStore) {
		f.namespace = func(name string) store.Store { return s.Namespace(change(name)) }
	})
}

var storeFlaws = []flaw[store.Store]{
	{"each call for a view makes a new one", func(t *testing.T, now func() time.Time) store.Store {
		return &faultyStore{Store: openStore(t, now), sessions: func() session.Store { return openSessions(t, now) }}
	}, []string{"every call for a view answers the same state"}},
	{"each call for a namespace makes a new one", func(t *testing.T, now func() time.Time) store.Store {
		sound := openStore(t, now)
		return &faultyStore{Store: sound, namespace: func(name string) store.Store {
			if name == "" {
				return sound
			}
			return openStore(t, now)
		}}
	}, []string{"one name is one namespace"}},
	{"the empty namespace is one of its own", withNames(func(name string) string { return name + "!" }), []string{
		"the empty namespace is the back end itself, of a namespace too",
	}},
	{"there are no namespaces", withStore(func(s store.Store, f *faultyStore) {
		f.namespace = func(string) store.Store { return s }
	}), []string{"namespaces share nothing, whatever their names", "ending everything in one namespace ends nothing in another"}},
	{"names have no case", withNames(strings.ToLower), []string{"namespaces share nothing, whatever their names"}},
	{"names are repaired to UTF-8", withNames(func(name string) string { return strings.ToValidUTF8(name, "?") }), []string{
		"namespaces share nothing, whatever their names",
	}},
	{"namespaces share the floor", func(t *testing.T, now func() time.Time) store.Store {
		shared := newEpochs()
		open := withStore(func(s store.Store, f *faultyStore) { serveEpochs(shared, s, f, now) })
		root, _ := open(t, now).(*faultyStore)
		sound := root.Store
		root.namespace = func(name string) store.Store {
			inner := &faultyStore{Store: sound.Namespace(name)}
			serveEpochs(shared, inner.Store, inner, now)
			return inner
		}
		return root
	}, []string{"ending everything in one namespace ends nothing in another"}},
}

// serveEpochs lets the sessions of f answer epochs out of e.
func serveEpochs(e *epochs, s store.Store, f *faultyStore, now func() time.Time) {
	sessions := &faultySessions{Store: s.Sessions(), now: now}
	e.serve(sessions.Store, sessions)
	f.sessions = func() session.Store { return sessions }
}
