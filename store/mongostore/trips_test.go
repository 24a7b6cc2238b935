package mongostore_test

import (
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/store/mongostore"
)

// TestRoundTrips says what each verb costs when nobody is in its way.
func TestRoundTrips(t *testing.T) {
	for _, s := range servers() {
		t.Run(s.name, func(t *testing.T) {
			client, seen := watched(t, s.uri(t), options.Client())
			store := open(t, client, time.Now)
			if err := prepare(t.Context(), store, "x"); err != nil {
				t.Fatal(err)
			}
			for _, v := range verbs {
				sent, _ := seen.during(func() {
					if err := v.run(t.Context(), store, "x"); err != nil {
						t.Errorf("%s: %v", v.name, err)
					}
				})
				if len(sent) != v.trips {
					t.Errorf("%s sends %d commands, want %d: %v", v.name, len(sent), v.trips, sent)
				}
			}
		})
	}
}

// TestConcerns proves what is asked of the server, whatever the client is configured for. That a replica set does what it is
// asked can only be seen on one.
func TestConcerns(t *testing.T) {
	lax := options.Client().SetReadConcern(readconcern.Local()).SetWriteConcern(writeconcern.Unacknowledged()).
		SetReadPreference(readpref.Secondary()).SetBSONOptions(&options.BSONOptions{OmitEmpty: true})
	client, seen := watched(t, servers()[0].uri(t), lax)
	db := emptyDatabase(t, client)
	store := mongostore.New(db, &mongostore.Options{AllowNoTTL: true})
	names, sent := seen.during(func() {
		steps := []error{store.Ensure(t.Context()), prepare(t.Context(), store, "x")}
		for _, v := range verbs {
			steps = append(steps, v.run(t.Context(), store, "x"))
		}
		if err := errors.Join(append(steps, ignore(store.Sweep(t.Context())))...); err != nil {
			t.Error(err)
		}
	})
	// A client that leaves empty fields out would lose the 0 that this Swap is about.
	is := abuse.Lock{Until: time.Now()}
	for _, step := range []struct{ from, to abuse.Lock }{{abuse.Lock{}, is}, {is, abuse.Lock{Failures: 1}}} {
		if won, err := store.Locks().Swap(t.Context(), "empty", step.from, step.to); !won || err != nil {
			t.Errorf("Swap: %v, %v", won, err)
		}
	}
	for i, command := range sent {
		wantConcern(t, names[i], command)
	}
}

func wantConcern(t *testing.T, name string, command bson.Raw) {
	t.Helper()
	if name == "find" {
		if level := command.Lookup("readConcern", "level"); level.String() != `"majority"` {
			t.Errorf("%v: read concern %v", command, level)
		}
		return // the driver keeps the time of a cursor by itself
	}
	if c := command.Lookup("writeConcern"); !c.Equal(majority(t)) {
		t.Errorf("%v: write concern %v", command, c)
	}
	if name == "createIndexes" {
		return
	}
	// The deadline that no caller gave.
	if limit, ok := command.Lookup("maxTimeMS").AsInt64OK(); !ok || limit > 1800 {
		t.Errorf("%v: at most %d ms", command, limit)
	}
}

func majority(t *testing.T) bson.RawValue {
	t.Helper()
	return bsonValue(t, bson.D{{Key: "w", Value: "majority"}, {Key: "j", Value: true}})
}

func bsonValue(t *testing.T, v any) bson.RawValue {
	t.Helper()
	kind, b, err := bson.MarshalValue(v)
	if err != nil {
		t.Fatal(err)
	}
	return bson.RawValue{Type: kind, Value: b}
}
