package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store/redisstore"
)

// A server that is away is an error in good time, and never an empty answer.
func ExampleNew() {
	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", ContextTimeoutEnabled: true}) // nobody listens there
	defer rdb.Close()
	s := redisstore.New(rdb, &redisstore.Options{Timeout: 50 * time.Millisecond})

	_, err := s.KV().Get(context.Background(), "key")
	fmt.Println("error:", err != nil)
	fmt.Println("not found:", errors.Is(err, kv.ErrNotFound))
	// Output:
	// error: true
	// not found: false
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
