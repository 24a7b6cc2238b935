package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/store/redisstore"
)

// connect sets the stores. REDIS_URL alone takes everything; with MONGO_URI beside it only what expires. Neither leaves everything in
// memory.
func (a *app) connect(ctx context.Context, c *auth.Config, env environment) error {
	if uri := env.get("MONGO_URI"); uri != "" {
		if err := a.mongo(ctx, c, uri); err != nil {
			return err
		}
	}
	if url := env.get("REDIS_URL"); url != "" {
		if err := a.redis(ctx, c, url); err != nil {
			return err
		}
	}
	if c.Store == nil {
		a.made = append(a.made, "Everything is kept in memory and ends with this run.")
	}
	return nil
}

// reach is how long a store may take to answer at the start.
const reach = 10 * time.Second

func (a *app) redis(ctx context.Context, c *auth.Config, url string) error {
	opts, err := redis.ParseURL(url)
	if err != nil {
		return errors.New("setting REDIS_URL is not a Redis URL")
	}
	opts.ContextTimeoutEnabled = true
	rdb := redis.NewClient(opts)
	a.also(func() { _ = rdb.Close() })
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	warnings, err := redisstore.Check(ctx, rdb)
	if err != nil {
		return fmt.Errorf("setting REDIS_URL: the server cannot be used: %w", err)
	}
	for _, w := range warnings {
		slog.Warn("redis: " + w)
	}
	store := redisstore.New(rdb, nil)
	if c.Store == nil {
		c.Store = store
	} else {
		c.KV = store.KV()
	}
	return nil
}

// sweepEvery is how often what has expired is removed from a server that does not do so itself.
const sweepEvery = 10 * time.Minute

func (a *app) mongo(ctx context.Context, c *auth.Config, uri string) error {
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return errors.New("setting MONGO_URI is not a MongoDB URI")
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	a.also(func() {
		end()
		_ = client.Disconnect(context.WithoutCancel(ctx))
	})
	db := client.Database(database(uri))
	store := mongostore.New(db, nil)
	start, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	err = store.Ensure(start)
	if errors.Is(err, mongostore.ErrNoTTL) {
		slog.Warn("mongodb: the server has no TTL indexes; this program removes what has expired")
		store = mongostore.New(db, &mongostore.Options{AllowNoTTL: true})
		err = store.Ensure(start)
		go sweep(life, store)
	}
	if err != nil {
		return fmt.Errorf("setting MONGO_URI: the indexes cannot be made: %w", err)
	}
	c.Store = store
	return nil
}

// database is the name in the URI's path, or "auth".
func database(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	_, path, _ := strings.Cut(rest, "/")
	name, _, _ := strings.Cut(path, "?")
	if name == "" {
		return "auth"
	}
	return name
}

func sweep(ctx context.Context, store *mongostore.Store) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := store.Sweep(ctx); err != nil {
				slog.Warn("mongodb: sweeping failed", "cause", err)
			}
		}
	}
}

// also runs f at the end, before what was to run already.
func (a *app) also(f func()) {
	before := a.close
	a.close = func() {
		f()
		before()
	}
}
