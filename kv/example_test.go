package kv_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store/memstore"
)

// What is good once is taken: of many callers exactly one gets it.
func ExampleStore() {
	ctx, store := context.Background(), memstore.New(nil).KV()
	if err := store.Set(ctx, "code:1", []byte("ada"), time.Minute); err != nil {
		panic(err)
	}
	first, err := store.Take(ctx, "code:1")
	fmt.Println(string(first), err)
	_, err = store.Take(ctx, "code:1")
	fmt.Println(errors.Is(err, kv.ErrNotFound))

	for range 3 {
		n, left, err := store.Count(ctx, "guesses:1", 1, time.Hour)
		fmt.Println(n, left > 59*time.Minute, err)
	}
	// Output:
	// ada <nil>
	// true
	// 1 true <nil>
	// 2 true <nil>
	// 3 true <nil>
}

// Two users of one store cannot meet.
func ExamplePrefixed() {
	ctx, store := context.Background(), memstore.New(nil).KV()
	mine, theirs := kv.Prefixed(store, "mine:"), kv.Prefixed(store, "theirs:")
	if err := mine.Set(ctx, "x", []byte("1"), time.Minute); err != nil {
		panic(err)
	}
	_, err := theirs.Get(ctx, "x")
	fmt.Println(err)
	// Output: kv: not found
}
