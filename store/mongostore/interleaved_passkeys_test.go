package mongostore_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/webauthn"
)

// TestInterleavedPasskeys lets others come between the commands of the two verbs of passkeys that send more than one.
func TestInterleavedPasskeys(t *testing.T) {
	uri := servers()[0].uri(t)
	client, seen := watched(t, uri, options.Client())
	others := connect(t, uri, options.Client())
	setup := func(t *testing.T) (store, other *mongostore.Store) {
		t.Helper()
		db := emptyDatabase(t, client)
		o := &mongostore.Options{Timeout: patient}
		return mongostore.New(db, o), mongostore.New(others.Database(db.Name()), o)
	}
	t.Run("a handle that another gave meanwhile is the user's, for both", func(t *testing.T) {
		store, other := setup(t)
		defer seen.before(2, func() {
			if h, err := other.Passkeys().Handle(t.Context(), "anna", []byte("theirs")); string(h) != "theirs" || err != nil {
				t.Errorf("the other got %q, %v", h, err)
			}
		})()
		if h, err := store.Passkeys().Handle(t.Context(), "anna", []byte("mine")); string(h) != "theirs" || err != nil {
			t.Errorf("got %q, %v, want the first one given", h, err)
		}
	})
	t.Run("a handle that was dropped meanwhile is given anew", func(t *testing.T) {
		store, other := setup(t)
		if _, err := store.Passkeys().Handle(t.Context(), "anna", []byte("old")); err != nil {
			t.Fatal(err)
		}
		defer seen.before(1, func() {
			if err := other.Passkeys().DeleteAll(t.Context(), "anna"); err != nil {
				t.Error(err)
			}
		})()
		if h, err := store.Passkeys().Handle(t.Context(), "anna", []byte("new")); string(h) != "new" || err != nil {
			t.Errorf("got %q, %v", h, err)
		}
	})
	t.Run("a passkey that was added while all were deleted is there whole, or not at all", func(t *testing.T) {
		for n := 1; n <= 2; n++ {
			store, other := setup(t)
			p := passkeyOf("anna", "late")
			stop := seen.before(n, func() {
				if err := other.Passkeys().Add(t.Context(), p); err != nil {
					t.Error(err)
				}
			})
			err := store.Passkeys().DeleteAll(t.Context(), "anna")
			stop()
			held, load := other.Passkeys().Load(t.Context(), p.ID)
			list, listed := other.Passkeys().List(t.Context(), "anna")
			if err := errors.Join(err, listed); err != nil {
				t.Fatal(err)
			}
			if there := load == nil; there != (n == 2) || there != (len(list) == 1) || there && !bytes.Equal(held.PublicKey, p.PublicKey) {
				t.Errorf("before command %d: %v, %v, listed %d", n, held, load, len(list))
			}
		}
	})
}

// TestInterleavedUse: of two uses of a passkey from one counter, whichever comes between, one counts.
func TestInterleavedUse(t *testing.T) {
	uri := testutil.MongoServer(t)
	client, seen := watched(t, uri, options.Client())
	db := emptyDatabase(t, client)
	o := &mongostore.Options{Timeout: patient}
	store, other := mongostore.New(db, o).Passkeys(), mongostore.New(connect(t, uri, options.Client()).Database(db.Name()), o).Passkeys()
	if err := store.Add(t.Context(), passkeyOf("anna", "key")); err != nil {
		t.Fatal(err)
	}
	use := webauthn.Use{From: 1, To: 2, At: time.Now()}
	advance := func(ctx context.Context, s webauthn.Store) bool {
		moved, err := s.Advance(ctx, []byte("key"), use)
		if err != nil {
			t.Error(err)
		}
		return moved
	}
	var theirs bool
	defer seen.before(1, func() { theirs = advance(t.Context(), other) })()
	if mine := advance(t.Context(), store); mine || !theirs {
		t.Errorf("the one in between: %v, the other: %v", theirs, mine)
	}
}
