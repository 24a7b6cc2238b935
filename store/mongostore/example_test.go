package mongostore_test

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/user"
)

// Everything in one database. The indexes are made when the program starts; they may be there already.
func ExampleNew() { //nolint:testableexamples // needs a server of the reader's
	ctx := context.Background()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://127.0.0.1:27017/?replicaSet=rs0"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Disconnect(ctx) }()
	store := mongostore.New(client.Database("myapp"), nil)
	if err := store.Ensure(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ready")
}

// An account of the host's own, with what the token will say of it.
func ExampleStore_PutUser() { //nolint:testableexamples // needs a server of the reader's
	ctx := context.Background()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://127.0.0.1:27017"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Disconnect(ctx) }()
	store := mongostore.New(client.Database("myapp"), nil)
	err = store.PutUser(ctx, user.User{ID: "u1", Name: "Alice", Email: "Alice@Example.com", TenantID: "acme", Scope: "tenant"})
	if errors.Is(err, user.ErrExists) {
		fmt.Println("somebody else has the address")
	}
}
