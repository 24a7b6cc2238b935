package memstore_test

import (
	"context"
	"fmt"

	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// Accounts of the host's own, with what the token will say of them.
func ExampleStore_PutUser() {
	ctx := context.Background()
	store := memstore.New(nil)
	err := store.PutUser(ctx, user.User{ID: "u1", Name: "Alice", Email: "Alice@Example.com", TenantID: "acme", Scope: "tenant"})
	if err != nil {
		fmt.Println(err)
		return
	}
	id, _ := user.ParseEmail(" alice@example.COM")
	found, err := store.Users().Find(ctx, id)
	fmt.Println(found.Name, found.TenantID, err)
	// Output: Alice acme <nil>
}
