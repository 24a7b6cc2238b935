package redisstore_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/store/redisstore"
)

// A program makes its client, lets the server be checked, and gives the store to auth.Config.
func Example() {
	ctx := context.Background()
	rdb := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
	defer rdb.Close()

	warnings, err := redisstore.Check(ctx, rdb)
	if err != nil {
		log.Print(err)
		return
	}
	for _, w := range warnings {
		log.Print("redis: ", w)
	}
	s := redisstore.New(rdb, nil) // auth.Config{Store: s}
	_ = s.KV().Set(ctx, "greeting", []byte("hello"), time.Minute)
}

// Clients that would make a revocation late, or forget it, are refused.
func ExampleCheck() {
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"one": "localhost:6379", "two": "localhost:6380"}})
	defer ring.Close()

	_, err := redisstore.Check(context.Background(), ring)
	fmt.Println(err)
	// Output:
	// redisstore: a ring looks for a key elsewhere when a server is down, and finds nothing against a token there
}
