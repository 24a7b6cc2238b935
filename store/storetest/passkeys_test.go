package storetest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/webauthn"
)

func openPasskeys(_ *testing.T, now func() time.Time) webauthn.Store {
	return memstore.New(&memstore.Options{Now: now}).Passkeys()
}

// faultyPasskeys replaces single verbs of a sound store.
type faultyPasskeys struct {
	webauthn.Store

	mu        sync.Mutex
	handle    func(ctx context.Context, userID string, fresh []byte) ([]byte, error)
	add       func(ctx context.Context, c webauthn.Credential) error
	load      func(ctx context.Context, id []byte) (webauthn.Credential, error)
	list      func(ctx context.Context, userID string) ([]webauthn.Credential, error)
	advance   func(ctx context.Context, id []byte, u webauthn.Use) (bool, error)
	rename    func(ctx context.Context, userID string, id []byte, name string) error
	remove    func(ctx context.Context, userID string, id []byte) (bool, error)
	removeAll func(ctx context.Context, userID string) error
}

func (f *faultyPasskeys) Handle(ctx context.Context, userID string, fresh []byte) ([]byte, error) {
	if f.handle != nil {
		return f.handle(ctx, userID, fresh)
	}
	return f.Store.Handle(ctx, userID, fresh)
}

func (f *faultyPasskeys) Add(ctx context.Context, c webauthn.Credential) error {
	if f.add != nil {
		return f.add(ctx, c)
	}
	return f.Store.Add(ctx, c)
}

func (f *faultyPasskeys) Load(ctx context.Context, id []byte) (webauthn.Credential, error) {
	if f.load != nil {
		return f.load(ctx, id)
	}
	return f.Store.Load(ctx, id)
}

func (f *faultyPasskeys) List(ctx context.Context, userID string) ([]webauthn.Credential, error) {
	if f.list != nil {
		return f.list(ctx, userID)
	}
	return f.Store.List(ctx, userID)
}

func (f *faultyPasskeys) Advance(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
	if f.advance != nil {
		return f.advance(ctx, id, u)
	}
	return f.Store.Advance(ctx, id, u)
}

func (f *faultyPasskeys) Rename(ctx context.Context, userID string, id []byte, name string) error {
	if f.rename != nil {
		return f.rename(ctx, userID, id, name)
	}
	return f.Store.Rename(ctx, userID, id, name)
}

func (f *faultyPasskeys) Delete(ctx context.Context, userID string, id []byte) (bool, error) {
	if f.remove != nil {
		return f.remove(ctx, userID, id)
	}
	return f.Store.Delete(ctx, userID, id)
}

func (f *faultyPasskeys) DeleteAll(ctx context.Context, userID string) error {
	if f.removeAll != nil {
		return f.removeAll(ctx, userID)
	}
	return f.Store.DeleteAll(ctx, userID)
}

// withPasskeys makes a store whose verbs differ from those of a sound one where wrap says so.
func withPasskeys(wrap func(webauthn.Store, *faultyPasskeys)) Open[webauthn.Store] {
	return func(t *testing.T, now func() time.Time) webauthn.Store {
		sound := openPasskeys(t, now)
		f := &faultyPasskeys{Store: sound}
		wrap(sound, f)
		return f
	}
}

// withAddedPasskeys makes a store that changes passkeys before it keeps them.
func withAddedPasskeys(change func(*webauthn.Credential)) Open[webauthn.Store] {
	return withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.add = func(ctx context.Context, c webauthn.Credential) error { change(&c); return s.Add(ctx, c) }
	})
}

// withPasskeyIDs makes a store that changes ids before it uses them.
func withPasskeyIDs(change func([]byte) []byte) Open[webauthn.Store] {
	return withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.add = func(ctx context.Context, c webauthn.Credential) error { c.ID = change(c.ID); return s.Add(ctx, c) }
		f.load = func(ctx context.Context, id []byte) (webauthn.Credential, error) {
			c, err := s.Load(ctx, change(id))
			c.ID = bytes.Clone(id)
			return c, err
		}
	})
}

// replacePasskey puts c in place of whatever has its id.
func (f *faultyPasskeys) replacePasskey(ctx context.Context, c webauthn.Credential) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if held, err := f.Store.Load(ctx, c.ID); err == nil {
		_, _ = f.Store.Delete(ctx, held.UserID, held.ID)
	}
	return f.Store.Add(ctx, c)
}

func TestPasskeyRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openPasskeys, passkeyRules); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestPasskeyRulesNotice(t *testing.T) {
	notice(t, slices.Concat(passkeyFieldFlaws, passkeyVerbFlaws), passkeyRules)
}

var passkeyFieldFlaws = []flaw[webauthn.Store]{
	{"the flag of user verification is lost", withAddedPasskeys(func(c *webauthn.Credential) { c.UserVerified = false }), []string{
		"a passkey comes back the same in every field", "each boolean is kept by itself",
	}},
	{"one flag stands for two", withAddedPasskeys(func(c *webauthn.Credential) { c.BackedUp = c.BackupEligible }), []string{"each boolean is kept by itself"}},
	{"transports are a set", withAddedPasskeys(func(c *webauthn.Credential) {
		c.Transports = slices.Clone(c.Transports)
		slices.Reverse(c.Transports)
	}), []string{"a passkey comes back the same in every field"}},
	{"counters have 31 bits", withAddedPasskeys(func(c *webauthn.Credential) { c.Counter &= 1<<31 - 1 }), []string{"counters are whole numbers up to 2^32-1"}},
	{"ids are cut at 255 bytes", withPasskeyIDs(func(id []byte) []byte { return id[:min(len(id), 255)] }), []string{
		"ids are bytes up to 1023, and differ when one byte does",
	}},
	{"ids are text", withPasskeyIDs(func(id []byte) []byte { return bytes.ToValidUTF8(id, []byte("\uFFFD")) }), []string{
		"ids are bytes up to 1023, and differ when one byte does",
	}},
	{"user ids have no case", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.add = func(ctx context.Context, c webauthn.Credential) error {
			c.UserID = strings.ToLower(c.UserID)
			return s.Add(ctx, c)
		}
		f.list = func(ctx context.Context, userID string) ([]webauthn.Credential, error) {
			return s.List(ctx, strings.ToLower(userID))
		}
	}), []string{"user ids are text that means nothing to the store"}},
	{"what comes out is shared", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		shared := map[string]webauthn.Credential{}
		f.load = func(ctx context.Context, id []byte) (webauthn.Credential, error) {
			if c, ok := shared[string(id)]; ok {
				return c, nil
			}
			c, err := s.Load(ctx, id)
			shared[string(id)] = c
			return c, err
		}
	}), []string{"what was answered is the caller's own"}},
	{"the context is not looked at", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.advance = func(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
			return s.Advance(context.WithoutCancel(ctx), id, u)
		}
	}), []string{"a cancelled context does nothing and is reported"}},
}

var passkeyVerbFlaws = []flaw[webauthn.Store]{
	{"an unknown passkey is an empty one", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.load = func(ctx context.Context, id []byte) (webauthn.Credential, error) {
			c, err := s.Load(ctx, id)
			if errors.Is(err, webauthn.ErrNotFound) {
				err = nil
			}
			return c, err
		}
	}), []string{"an unknown id is ErrNotFound"}},
	{"Add replaces", withPasskeys(func(_ webauthn.Store, f *faultyPasskeys) { f.add = f.replacePasskey }), []string{
		"an id that anybody has is ErrExists and leaves the first owner's passkey as it is",
	}},
	{"Add looks, then writes", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.add = func(ctx context.Context, c webauthn.Credential) error {
			_, err := s.Load(ctx, c.ID)
			gap()
			if !errors.Is(err, webauthn.ErrNotFound) {
				return errors.Join(err, webauthn.ErrExists)
			}
			return f.replacePasskey(ctx, c)
		}
	}), []string{"of many who add one id at once exactly one does, and only its owner has it"}},
	{"the list begins with the newest", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.list = func(ctx context.Context, userID string) ([]webauthn.Credential, error) {
			all, err := s.List(ctx, userID)
			slices.Reverse(all)
			return all, err
		}
	}), []string{"the list holds the user's passkeys, the oldest first, and no other's"}},
	{"Advance compares no counter", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.advance = func(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
			if held, err := s.Load(ctx, id); err == nil {
				u.From = held.Counter
			}
			return s.Advance(ctx, id, u)
		}
	}), []string{"Advance records a use only while the counter stands"}},
	{"Advance wants a greater counter", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.advance = func(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
			if u.To <= u.From {
				return false, nil
			}
			return s.Advance(ctx, id, u)
		}
	}), []string{"a counter that stays at 0 can be used again and again"}},
	{"Advance reads, then writes", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.advance = func(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
			held, err := s.Load(ctx, id)
			gap()
			if err != nil || held.Counter != u.From {
				return false, nil
			}
			held.Counter, held.BackedUp, held.LastUsedAt = u.To, u.BackedUp, u.At
			return true, f.replacePasskey(ctx, held)
		}
	}), []string{"of many who move the counter from one value at once exactly one does"}},
	{"Rename looks at the id alone", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.rename = func(ctx context.Context, userID string, id []byte, name string) error {
			if held, err := s.Load(ctx, id); err == nil {
				userID = held.UserID
			}
			return s.Rename(ctx, userID, id, name)
		}
	}), []string{"Rename changes the name of the user's own passkey alone"}},
	{"Delete looks at the id alone", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.remove = func(ctx context.Context, userID string, id []byte) (bool, error) {
			if held, err := s.Load(ctx, id); err == nil {
				userID = held.UserID
			}
			return s.Delete(ctx, userID, id)
		}
	}), []string{"Delete removes the user's own passkey alone, and one of many is told"}},
	{"Delete reads, then deletes", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.remove = func(ctx context.Context, userID string, id []byte) (bool, error) {
			held, err := s.Load(ctx, id)
			gap()
			_, _ = s.Delete(ctx, userID, id)
			return err == nil && held.UserID == userID, nil
		}
	}), []string{"Delete removes the user's own passkey alone, and one of many is told"}},
	{"the list is a second table", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		listed := map[string]bool{}
		list := func(id []byte, is bool) { f.mu.Lock(); defer f.mu.Unlock(); listed[string(id)] = is }
		f.add = func(ctx context.Context, c webauthn.Credential) error {
			list(c.ID, true)
			gap()
			return s.Add(ctx, c)
		}
		f.remove = func(ctx context.Context, userID string, id []byte) (bool, error) {
			was, err := s.Delete(ctx, userID, id)
			gap()
			if was {
				list(id, false)
			}
			return was, err
		}
		f.list = func(ctx context.Context, userID string) ([]webauthn.Credential, error) {
			all, err := s.List(ctx, userID)
			f.mu.Lock()
			defer f.mu.Unlock()
			return slices.DeleteFunc(all, func(c webauthn.Credential) bool { return !listed[string(c.ID)] }), err
		}
	}), []string{"after many who Add and Delete one passkey at once the list holds what is there"}},
	{"Handle looks, then writes", withPasskeys(func(_ webauthn.Store, f *faultyPasskeys) {
		held := map[string][]byte{}
		read := func(userID string) []byte { f.mu.Lock(); defer f.mu.Unlock(); return held[userID] }
		f.handle = func(_ context.Context, userID string, fresh []byte) ([]byte, error) {
			if h := read(userID); h != nil {
				return h, nil
			}
			gap()
			f.mu.Lock()
			defer f.mu.Unlock()
			held[userID] = fresh
			return fresh, nil
		}
	}), []string{"a user's handle is the first one given, for everybody who asks"}},
	{"DeleteAll leaves the handle", withPasskeys(func(s webauthn.Store, f *faultyPasskeys) {
		f.removeAll = func(ctx context.Context, userID string) error {
			all, err := s.List(ctx, userID)
			for _, c := range all {
				_, _ = s.Delete(ctx, userID, c.ID)
			}
			return err
		}
	}), []string{"DeleteAll removes the user's passkeys and handle, and nothing of another's"}},
	{"DeleteAll leaves the passkeys", withPasskeys(func(_ webauthn.Store, f *faultyPasskeys) {
		f.removeAll = func(ctx context.Context, _ string) error { return ctx.Err() }
	}), []string{"DeleteAll removes the user's passkeys and handle, and nothing of another's"}},
}
