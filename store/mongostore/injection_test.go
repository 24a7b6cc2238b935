package mongostore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
	"github.com/crafteasy/auth/webauthn"
)

// operators are what would be understood by a store that lets text be more than text.
var operators = []string{
	`{"$ne":null}`, `{"$gt":""}`, `{"$in":["x"]}`, `{"$regex":".*"}`, `{"$where":"1"}`, "$ne", "$where", "$$ROOT", ".*", "x.$", "x\x00", "", " x",
	"{\x00", "\xff$ne", `'; return true; var a='`, `[$ne]=1`, "x[$ne]",
}

// TestOperatorsAreText asks for things by operators in the place of ids.
func TestOperatorsAreText(t *testing.T) {
	for _, s := range servers() {
		t.Run(s.name, func(t *testing.T) {
			store := open(t, connect(t, s.uri(t), options.Client()), time.Now)
			if err := prepare(t.Context(), store, "x"); err != nil {
				t.Fatal(err)
			}
			for _, x := range operators {
				wantNothing(t, store, x)
			}
			wantHeld(t, store)
		})
	}
}

// wantNothing demands that nothing is found, changed or removed by the name of x.
func wantNothing(t *testing.T, s *mongostore.Store, x string) {
	t.Helper()
	ctx := t.Context()
	for _, c := range []struct{ err, want error }{
		{ignore(s.KV().Get(ctx, x)), kv.ErrNotFound},
		{ignore(s.KV().Take(ctx, x)), kv.ErrNotFound},
		{ignore(s.Users().ByID(ctx, x)), user.ErrNotFound},
		{ignore(s.Users().Find(ctx, email(x))), user.ErrNotFound},
		{ignore(s.Users().Find(ctx, user.Identifier{Kind: user.Kind(x), Value: "alice@example.com"})), user.ErrNotFound},
		{ignore2(s.Sessions().Load(ctx, x, "x", "x")), session.ErrNotFound},
		{ignore2(s.Sessions().Load(ctx, "x", x, "x")), session.ErrNotFound},
		{s.KV().Delete(ctx, x), nil},
		{s.Sessions().Delete(ctx, "x", x), nil},
		{s.Sessions().DeleteAll(ctx, x), nil},
		{s.Locks().Clear(ctx, x), nil},
		{s.DeleteUser(ctx, x), nil},
		{ignore(s.TOTP().Load(ctx, x)), totp.ErrNotFound},
		{s.TOTP().Replace(ctx, x, "x", nil), totp.ErrNotFound},
		{s.TOTP().Replace(ctx, "x", x, nil), totp.ErrNotFound},
		{ignore(s.Passkeys().Load(ctx, []byte(x))), webauthn.ErrNotFound},
		{s.Passkeys().Rename(ctx, "x", []byte(x), "stolen"), webauthn.ErrNotFound},
		{s.Passkeys().Rename(ctx, x, []byte("x"), "stolen"), webauthn.ErrNotFound},
		{s.Passkeys().DeleteAll(ctx, x), nil},
		{ignore(s.APIKeys().Load(ctx, x)), apikey.ErrNotFound},
		{ignore(s.APIKeys().Delete(ctx, "x", x)), apikey.ErrNotFound},
		{ignore(s.APIKeys().Delete(ctx, x, "x")), apikey.ErrNotFound},
		{s.APIKeys().DeleteAll(ctx, x), nil},
		{ignore(s.Links().Load(ctx, x)), oauth.ErrNotFound},
		{s.Links().DeleteAll(ctx, x), nil},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%q: got %v, want %v", x, c.err, c.want)
		}
	}
	if won, err := s.Sessions().Rotate(ctx, x, sessionOf("x", "next")); won || err != nil {
		t.Errorf("Rotate from %q: %v, %v", x, won, err)
	}
	for verb, done := range map[string]func() (bool, error){
		"TOTP.Delete":    func() (bool, error) { return s.TOTP().Delete(ctx, x) },
		"TOTP.Advance":   func() (bool, error) { return s.TOTP().Advance(ctx, "x", x, 9) },
		"TOTP.Spend":     func() (bool, error) { _, ok, err := s.TOTP().Spend(ctx, "x", "x", []byte(x)); return ok, err },
		"Passkeys.Use":   func() (bool, error) { return s.Passkeys().Advance(ctx, []byte(x), webauthn.Use{From: 1, To: 9}) },
		"Passkeys":       func() (bool, error) { return s.Passkeys().Delete(ctx, x, []byte("x")) },
		"Links.Delete":   func() (bool, error) { return s.Links().Delete(ctx, x, "x") },
		"Links.Delete x": func() (bool, error) { return s.Links().Delete(ctx, "x", x) },
	} {
		if ok, err := done(); ok || err != nil {
			t.Errorf("%s of %q: %v, %v", verb, x, ok, err)
		}
	}
}

// wantHeld demands that everything that prepare stored is there.
func wantHeld(t *testing.T, s *mongostore.Store) {
	t.Helper()
	_, get := s.KV().Get(t.Context(), "x")
	_, _, load := s.Sessions().Load(t.Context(), "x", "x", "x")
	_, find := s.Users().Find(t.Context(), email("alice@example.com"))
	e, enrolled := s.TOTP().Load(t.Context(), "x")
	p, registered := s.Passkeys().Load(t.Context(), []byte("x"))
	k, created := s.APIKeys().Load(t.Context(), "x")
	l, linked := s.Links().Load(t.Context(), "x")
	if e.Step != 1 || len(e.Codes) != 2 || p.Name != "x" || p.Counter != 1 || k.OwnerID != "x" || l.UserID != "x" {
		t.Errorf("changed: %v, %v, %v, %v", e, p, k, l)
	}
	for _, err := range []error{get, load, find, enrolled, registered, created, linked} {
		if err != nil {
			t.Error(err)
		}
	}
	if held, err := s.Locks().Lock(t.Context(), "x"); held.Failures != 1 || err != nil {
		t.Errorf("the lock is %v, %v", held, err)
	}
	if n, _, err := s.KV().Count(t.Context(), "x", 0, time.Hour); n != 5 || err != nil {
		t.Errorf("the counter is %d, %v", n, err)
	}
}

// TestFiltersAreTyped looks at every filter that every verb sends when each id and text it is given is an operator: nothing
// of it is there but as bytes.
func TestFiltersAreTyped(t *testing.T) {
	client, seen := watched(t, servers()[0].uri(t), options.Client())
	store := open(t, client, time.Now)
	for _, x := range []string{`{"$ne":null}`, "$where"} {
		_, sent := seen.during(func() {
			if err := prepare(t.Context(), store, x); err != nil {
				t.Error(err)
			}
			for _, v := range verbs {
				if err := v.run(t.Context(), store, x); err != nil {
					t.Errorf("%s: %v", v.name, err)
				}
			}
			if _, err := store.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		})
		checked := 0
		for _, command := range sent {
			for _, f := range filters(t, command) {
				checked++
				checkFilter(t, f, x)
			}
		}
		if checked < len(verbs) {
			t.Errorf("%d filters were looked at", checked)
		}
	}
}

// filters answers the filters of a command.
func filters(t *testing.T, command bson.Raw) (all []bson.Raw) {
	t.Helper()
	for _, name := range []string{"filter", "query"} {
		if f, ok := command.Lookup(name).DocumentOK(); ok {
			all = append(all, f)
		}
	}
	for _, name := range []string{"updates", "deletes"} {
		if list, ok := command.Lookup(name).ArrayOK(); ok {
			values, err := list.Values()
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				all = append(all, v.Document().Lookup("q").Document())
			}
		}
	}
	return all
}

var (
	fields = []string{
		"_id", "expires_at", "user", "jti", "n", "failures", "until", "epoch", "revision", "claim", "pending.since", "counter", "version", "enrolment", "step", "codes",
	}
	compared = []string{"$eq", "$lt", "$lte", "$gt", "$gte", "$in"}
	scalars  = []bson.Type{bson.TypeBinary, bson.TypeDateTime, bson.TypeInt64, bson.TypeString}
)

func checkFilter(t *testing.T, filter bson.Raw, hostile string) {
	t.Helper()
	members, err := filter.Elements()
	if err != nil {
		t.Fatal(err)
	}
	if len(members) == 0 {
		t.Error("a filter selects everything")
	}
	for _, m := range members {
		condition, ok := m.Value().DocumentOK()
		if !ok || !slices.Contains(fields, m.Key()) {
			t.Errorf("%v: %s is no condition on a field of ours", filter, m.Key())
			continue
		}
		terms, err := condition.Elements()
		if err != nil || len(terms) != 1 || !slices.Contains(compared, terms[0].Key()) {
			t.Errorf("%v: the condition on %s is not one comparison", filter, m.Key())
			continue
		}
		operands := []bson.RawValue{terms[0].Value()}
		if terms[0].Key() == "$in" {
			if operands, err = operands[0].Array().Values(); err != nil {
				t.Fatal(err)
			}
		}
		for _, o := range operands {
			text, _ := o.StringValueOK()
			if !slices.Contains(scalars, o.Type) || strings.Contains(text, hostile) {
				t.Errorf("%v: %s is compared with %v", filter, m.Key(), o)
			}
		}
	}
}
