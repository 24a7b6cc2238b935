package store_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// One back end, two sets of people who know nothing of each other.
func ExampleStore_namespaces() {
	ctx := context.Background()
	var all store.Store = memstore.New(nil)
	shop, staff := all.Namespace("shop"), all.Namespace("staff")
	ada, err := user.ParseEmail("ada@example.com")
	if err != nil {
		panic(err)
	}
	if _, err := shop.Users().Create(ctx, user.NewUser{Identifier: ada}); err != nil {
		panic(err)
	}
	_, err = shop.Users().Create(ctx, user.NewUser{Identifier: ada})
	fmt.Println("again in the shop:", errors.Is(err, user.ErrExists))
	_, err = staff.Users().Find(ctx, ada)
	fmt.Println("among the staff:", errors.Is(err, user.ErrNotFound))
	// Output:
	// again in the shop: true
	// among the staff: true
}
