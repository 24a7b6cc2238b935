package mongostore_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/mongostore"
)

func TestMain(m *testing.M) { testutil.Main(m) }

// patient is the timeout of stores in tests in which a hundred callers share one small server.
const patient = time.Minute

// server is a MongoDB wire server to run the contract on.
type server struct {
	name string
	uri  func(testing.TB) string
}

// servers are the test servers, and a real MongoDB where somebody offers one.
func servers() []server {
	all := []server{{"SQLite", testutil.MongoServer}, {"PostgreSQL", testutil.MongoOnPostgres}}
	if uri, ok := testutil.RealMongo(); ok {
		all = append(all, server{"MongoDB", func(testing.TB) string { return uri }})
	}
	return all
}

// onEach runs a test on every server, with a client of its own.
func onEach(t *testing.T, test func(t *testing.T, client *mongo.Client)) {
	t.Helper()
	for _, s := range servers() {
		t.Run(s.name, func(t *testing.T) { test(t, connect(t, s.uri(t), options.Client())) })
	}
}

func connect(t *testing.T, uri string, o *options.ClientOptions) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(o.ApplyURI(uri).SetTimeout(patient))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	return client
}

// emptyDatabase answers a database that is dropped when the test ends.
func emptyDatabase(t *testing.T, client *mongo.Client) *mongo.Database {
	t.Helper()
	db := client.Database("auth_" + rand.Text())
	t.Cleanup(func() {
		if err := db.Drop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return db
}

func open(t *testing.T, client *mongo.Client, now func() time.Time) *mongostore.Store {
	t.Helper()
	return mongostore.New(emptyDatabase(t, client), &mongostore.Options{Now: now, Timeout: patient})
}
