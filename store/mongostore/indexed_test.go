package mongostore_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/mongostore"
)

// ensured are the indexes that Ensure has made, of each collection, those that hold every document.
func ensured(t *testing.T, db *mongo.Database) map[string]map[string][]direction {
	t.Helper()
	if err := mongostore.New(db, &mongostore.Options{AllowNoTTL: true}).Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string][]direction{}
	for _, name := range names {
		cursor, err := db.Collection(name).Indexes().List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var indexes []bson.Raw
		if err := cursor.All(t.Context(), &indexes); err != nil {
			t.Fatal(err)
		}
		all[name] = map[string][]direction{}
		for _, i := range indexes {
			_, partial := i.LookupErr("partialFilterExpression")
			_, sparse := i.LookupErr("sparse")
			if partial == nil || sparse == nil {
				t.Errorf("%s: not every document is in the index %v", name, i)
				continue
			}
			all[name][i.Lookup("name").StringValue()] = directionsOf(t, i.Lookup("key"))
		}
	}
	return all
}

// used answers the indexes of each collection that serve commands, and demands one for each of them.
func used(t *testing.T, indexes map[string]map[string][]direction, names []string, sent []bson.Raw) map[string][]string {
	t.Helper()
	kinds := map[string]statement{}
	for i, command := range sent {
		for _, s := range statementsOf(t, names[i], command) {
			kinds[s.String()] = s
		}
	}
	by := map[string][]string{}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		s := kinds[kind]
		index, err := s.served(indexes[s.collection])
		if err != nil {
			t.Error(err)
		}
		t.Logf("%s: %s", kind, index)
		by[s.collection] = append(by[s.collection], index)
	}
	return by
}

// TestEveryCommandHasAnIndex holds what each verb sends against the indexes that Ensure makes: MongoDB reaches by one of them the documents
// that the command is about and no others, however many there are of other users, and however many of this one where there is a
// limit. The test server cannot show it: it reads a whole collection for a filter. And no index is there for nothing.
func TestEveryCommandHasAnIndex(t *testing.T) {
	client, seen := watched(t, servers()[0].uri(t), options.Client())
	db := emptyDatabase(t, client)
	indexes := ensured(t, db)
	c := &clock{}
	s := mongostore.New(db, &mongostore.Options{Now: c.Now, Timeout: patient})
	follow := func(from session.Cursor) (session.Cursor, error) {
		changes, err := s.Sessions().(session.Feed).Changes(t.Context(), from)
		return changes.Next, err
	}
	var errs []error
	names, sent := seen.during(func() {
		errs = append(errs, prepare(t.Context(), s, "x"))
		next, err := follow("")
		errs = append(errs, err)
		for _, v := range verbs {
			errs = append(errs, v.run(t.Context(), s, "x"))
		}
		_, err = follow(next)
		c.Advance(50 * 24 * time.Hour)
		errs = append(errs, err, ignore(s.Sweep(t.Context())))
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}

	idle := map[string]bool{}
	for collection, own := range indexes {
		for name := range own {
			idle[collection+"."+name] = name != idIndex
		}
	}
	for collection, by := range used(t, indexes, names, sent) {
		for _, index := range by {
			idle[collection+"."+index] = false
		}
	}
	for index, unused := range idle {
		if unused {
			t.Errorf("nothing is asked by the index %s", index)
		}
	}
}
