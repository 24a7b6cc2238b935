package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
	"github.com/crafteasy/auth/webauthn"
)

// Store checks a whole back end: every view, in the back end itself and in a namespace of it, and that namespaces
// share nothing.
func Store(t *testing.T, open Open[store.Store]) {
	t.Helper()
	for _, name := range []string{"", "tenant"} {
		view := func(t *testing.T, now func() time.Time) store.Store {
			t.Helper()
			return open(t, now).Namespace(name)
		}
		t.Run(fmt.Sprintf("namespace %q", name), func(t *testing.T) { Views(t, view) })
	}
	t.Run("Namespaces", func(t *testing.T) { Namespaces(t, open) })
}

// Namespaces checks of a whole back end that its views share one state, and its namespaces none.
func Namespaces(t *testing.T, open Open[store.Store]) {
	t.Helper()
	run(t, open, storeRules)
}

// Views checks every view of a back end, once: the part of [Store] that a second storage engine under the same code is worth.
func Views(t *testing.T, open Open[store.Store]) {
	t.Helper()
	t.Run("KV", func(t *testing.T) { KV(t, part(open, store.Store.KV)) })
	t.Run("Users", func(t *testing.T) { Users(t, part(open, store.Store.Users)) })
	t.Run("Sessions", func(t *testing.T) { Sessions(t, part(open, store.Store.Sessions)) })
	t.Run("Feed", func(t *testing.T) {
		sessions := part(open, store.Store.Sessions)
		if _, ok := sessions(t, time.Now).(session.Feed); !ok {
			t.Skip("the sessions are no session.Feed: this back end works without the mirror of session.Options.RevocationLag")
		}
		Feed(t, sessions)
	})
	t.Run("Links", func(t *testing.T) { Links(t, part(open, store.Store.Links)) })
	t.Run("Locks", func(t *testing.T) { Locks(t, part(open, store.Store.Locks)) })
	t.Run("TOTP", func(t *testing.T) { TOTP(t, part(open, store.Store.TOTP)) })
	t.Run("Passkeys", func(t *testing.T) { Passkeys(t, part(open, store.Store.Passkeys)) })
	t.Run("APIKeys", func(t *testing.T) { APIKeys(t, part(open, store.Store.APIKeys)) })
}

// part opens one view of a back end.
func part[S any](open Open[store.Store], view func(store.Store) S) Open[S] {
	return func(t *testing.T, now func() time.Time) S {
		t.Helper()
		return view(open(t, now))
	}
}

var storeRules = []rule[store.Store]{
	{"every call for a view answers the same state", func(t tb, s store.Store, c *clock) {
		leaveTrace(t, s, c, "a")
		wantTrace(t, s, "a")
	}},
	{"the empty namespace is the back end itself, of a namespace too", func(t tb, s store.Store, c *clock) {
		leaveTrace(t, s, c, "a")
		wantTrace(t, s.Namespace(""), "a")
		leaveTrace(t, s.Namespace("").Namespace("one"), c, "b")
		wantTrace(t, s.Namespace("one").Namespace(""), "b")
	}},
	{"one name is one namespace", func(t tb, s store.Store, c *clock) {
		leaveTrace(t, s.Namespace("one"), c, "a")
		wantTrace(t, s.Namespace("one"), "a")
		leaveTrace(t, s.Namespace("one").Namespace("two"), c, "b")
		wantTrace(t, s.Namespace("one").Namespace("two"), "b")
	}},
	{"namespaces share nothing, whatever their names", func(t tb, s store.Store, c *clock) {
		all := []store.Store{s}
		for _, name := range []string{
			"a", "b", "ab", "A", "a ", "a:", ":a", "a:b", "a/b", "a.b", "kv", "kv:k", "a%3Ab", "a%2Fb", "{a}", "{", "}", "*", "$", "a\x00", "\xff", "\xfe", "..",
		} {
			all = append(all, s.Namespace(name))
		}
		all = append(all, s.Namespace("a").Namespace("b"), s.Namespace("b").Namespace("a"), s.Namespace("a").Namespace("a"))
		for _, ns := range all {
			wantNoTrace(t, ns, "trace")
			leaveTrace(t, ns, c, "trace")
		}
		for _, ns := range all {
			wantTrace(t, ns, "trace")
		}
	}},
	{"what is ended in one namespace is told in no other", func(t tb, s store.Store, c *clock) {
		one, two := s.Namespace("one").Sessions(), s.Namespace("two").Sessions()
		if _, ok := one.(session.Feed); !ok {
			return
		}
		for _, ns := range []session.Store{s.Sessions(), one, two} {
			epoch(t, ns, anna, c.Now().UnixMilli())
		}
		followers := []*follower{follow(t, s.Sessions()).mustRead(), follow(t, one).mustRead(), follow(t, two).mustRead()}
		endSession(t, one, anna, "s", c.Now())
		moveEpoch(t, one, anna, "s", c.Now().UnixMilli())
		for i, f := range followers {
			f.mustRead()
			if told := len(f.ends) + len(f.moves); told != 0 && i != 1 || told != 2 && i == 1 {
				t.Fatalf("follower %d is told %v and %v", i, f.ends, f.moves)
			}
		}
	}},
	{"ending everything in one namespace ends nothing in another", func(t tb, s store.Store, c *clock) {
		now := c.Now().UnixMilli()
		one := s.Namespace("one").Sessions()
		for _, other := range []session.Store{s.Sessions(), s.Namespace("two").Sessions()} {
			floor := epoch(t, other, anna, now)
			moveFloor(t, one, now+long.Milliseconds())
			moveEpoch(t, one, anna, "", now+2*long.Milliseconds())
			same(t, epoch(t, other, anna, now), floor, "the epoch in another namespace")
			wantFloor(t, other, floor)
		}
	}},
}

// leaveTrace writes through every view.
func leaveTrace(t tb, s store.Store, c *clock, id string) {
	t.Helper()
	noError(t, s.KV().Set(t.Context(), id, []byte(id), long), "Set")
	wantCount(t, s.KV(), id+":n", 1, 1)
	_, err := s.Users().Create(t.Context(), user.NewUser{Identifier: address(id), Name: id})
	noError(t, err, "Create a user")
	begin(t, s.Sessions(), c, anna, id)
	endSession(t, s.Sessions(), anna, id, c.Now())
	endToken(t, s.Sessions(), anna, id, c.Now())
	moveEpoch(t, s.Sessions(), anna, id, c.Now().UnixMilli())
	mustSwap(t, s.Locks(), id, abuse.Lock{}, abuse.Lock{Failures: 1, Until: c.Now()}, true)
	enrol(t, s.TOTP(), anEnrolment(c, id, id))
	addLink(t, s.Links(), aLink(c, anna, id))
	mustCreate(t, s.APIKeys(), aKey(c, id, id))
	addPasskey(t, s.Passkeys(), aPasskey(c, anna, id))
	_, err = s.Passkeys().Handle(t.Context(), id, []byte("handle"))
	noError(t, err, "Handle")
}

// wantTrace demands that what [leaveTrace] wrote is there.
func wantTrace(t tb, s store.Store, id string) {
	t.Helper()
	wantValue(t, s.KV(), id, []byte(id))
	wantCount(t, s.KV(), id+":n", 0, 1)
	found, err := s.Users().Find(t.Context(), address(id))
	noError(t, err, "Find")
	same(t, found.Name, id, "the user's name")
	_, st, err := s.Sessions().Load(t.Context(), anna, id, id)
	noError(t, err, "Load")
	if st.Except != id || st.Epoch == 0 || st.SessionEnd.IsZero() || st.TokenEnd.IsZero() {
		t.Fatalf("State: got %+v", st)
	}
	lock, err := s.Locks().Lock(t.Context(), id)
	noError(t, err, "Lock")
	same(t, lock.Failures, 1, "the failures")
	linked, err := s.Links().Load(t.Context(), oauth.LinkID("demo", "https://demo.example", id))
	noError(t, err, "Load a link")
	same(t, linked.UserID, anna, "the user of the link")
	enrolment, err := s.TOTP().Load(t.Context(), id)
	noError(t, err, "Load an enrolment")
	same(t, enrolment.ID, id, "the enrolment")
	wantKeys(t, s.APIKeys(), id, 10, id)
	wantPasskeyOf(t, s.Passkeys(), anna, id)
	handle, err := s.Passkeys().Handle(t.Context(), id, []byte("another"))
	noError(t, err, "Handle")
	same(t, string(handle), "handle", "the user handle")
}

// wantNoTrace demands that nothing is there of what [leaveTrace] wrote somewhere else.
func wantNoTrace(t tb, s store.Store, id string) {
	t.Helper()
	wantAbsent(t, s.KV(), id)
	wantNoWindow(t, s.KV(), id+":n", 0)
	wantError(t, second(s.Users().Find(t.Context(), address(id))), user.ErrNotFound, "Find")
	wantNoSession(t, s.Sessions(), anna, id)
	wantList(t, s.Sessions(), anna, 10)
	wantState(t, s.Sessions(), anna, id, id, session.State{})
	wantLock(t, s.Locks(), id, abuse.Lock{})
	wantError(t, second(s.TOTP().Load(t.Context(), id)), totp.ErrNotFound, "Load an enrolment")
	wantLinks(t, s.Links(), anna)
	wantNoKey(t, s.APIKeys(), id)
	wantKeys(t, s.APIKeys(), id, 10)
	wantError(t, second(s.Passkeys().Load(t.Context(), passkeyID(id))), webauthn.ErrNotFound, "Load a passkey")
	wantPasskeys(t, s.Passkeys(), anna)
}

// wantPasskeyOf demands that the user has the passkey.
func wantPasskeyOf(t tb, s webauthn.Store, userID, id string) {
	t.Helper()
	held, err := s.Load(t.Context(), passkeyID(id))
	noError(t, err, "Load a passkey")
	same(t, held.UserID, userID, "the user of the passkey")
}

func address(id string) user.Identifier {
	return user.Identifier{Kind: user.Email, Value: id + "@example.com"}
}
