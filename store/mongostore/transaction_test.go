package mongostore_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// TestCallersTransaction proves that no verb becomes a part of a transaction of the caller's: one that is rolled back would take
// a revocation with it.
func TestCallersTransaction(t *testing.T) {
	client, seen := watched(t, servers()[0].uri(t), options.Client())
	store := open(t, client, time.Now)
	if err := prepare(t.Context(), store, "x"); err != nil {
		t.Fatal(err)
	}
	theirs, err := client.StartSession()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.EndSession(t.Context())
	if err := theirs.StartTransaction(); err != nil {
		t.Fatal(err)
	}
	ctx := mongo.NewSessionContext(t.Context(), theirs)
	_, sent := seen.during(func() {
		for _, v := range verbs {
			if err := v.run(ctx, store, "x"); err != nil {
				t.Errorf("%s: %v", v.name, err)
			}
		}
	})
	for _, command := range sent {
		if _, err := command.LookupErr("startTransaction"); err == nil {
			t.Errorf("%v is part of a transaction", command)
		}
		if id := command.Lookup("lsid"); id.Equal(bsonValue(t, theirs.ID())) {
			t.Errorf("%v is part of the caller's session", command)
		}
	}
}
