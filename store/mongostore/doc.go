// Package mongostore keeps everything in MongoDB, so that MongoDB alone is enough: users, sessions, revocations, failed guesses,
// and what expires.
//
// Give the store a database and call [Store.Ensure] once:
//
//	store := mongostore.New(client.Database("myapp"), nil)
//	if err := store.Ensure(ctx); err != nil { … }
//	a, err := auth.New(auth.Config{Store: store, …})
//
// For a service that runs on one instance and may forget, memstore is simpler; what expires may also go to Redis, beside
// this store. A program with a user table of its own sets [auth.Config.Users] and uses the rest.
//
// # What it rests on
//
// Every decision is one command on one document, which MongoDB runs atomically: a one-time value is taken by findAndModify
// with remove, a session is rotated by an update whose filter names the current token, and whatever is unique is the _id
// of a document that is inserted. There are no transactions and no updates by pipeline, and recovery codes are the one array that a
// filter looks into, so replica sets and sharded clusters do (shard by _id).
//
// Ids are hashes of what they name, and everything else that comes from outside is compared as a typed value: no
// text can become an operator.
//
// # Time
//
// What has expired is decided when it is read, with the clock in [Options]. TTL indexes, or
// [Store.Sweep] where there are none, only remove what nobody reads any more, an hour late. Keep the clocks of instances and
// servers within minutes of each other.
//
// One time is the server's: that of a change, by which mirrors find what was ended last (session.Options.RevocationLag). It is a BSON
// timestamp, which a replica set moves forward whoever is its primary. A question looks back by three times [Options].Timeout, since
// commands may become visible in another order than that of their times: give all instances the same time-out, and keep the clocks of
// a cluster's shards within seconds of each other. [Store.Ensure] makes the index for it.
//
// # Read and write concerns
//
// Whatever the client is configured for, every command here waits until a majority of the replica set has written the
// change to its journal (w: "majority", j: true), and every read asks the primary for what a majority holds (readConcern
// "majority"). Less would let a fail-over bring a spent code or a revoked token back. Leave retryable writes on, as they are
// by default.
//
// One gap is left: a primary that is cut off from its majority answers reads for some seconds, until it steps down, without
// knowing what the new one has revoked since. Reads of concern "linearizable" would close it, but they take one document each
// and one round trip to the majority for every request. What is spent or rotated has no such gap, since it is written.
//
// A verb that fails because of a time-out may have been done. All of them are safe to repeat, and what they give out once is
// then lost, not given twice.
//
// After a restore from a backup call EndEverything of the library: revocations since the backup are lost with it.
//
// # Outages
//
// Every verb has a deadline of its own, 1.8 seconds by default, the search for a server included. Afterwards it is an error, which
// the library answers with 503. The driver finds the server again by itself.
//
// # What it costs
//
// Each command reaches what it is about by _id or by an index that [Store.Ensure] makes, and each list has a limit: a page of sessions,
// the end of all of them, a refresh and a request cost the same however many sessions their user has and others have. What is over and not yet
// removed is passed over in a list: the sessions of an hour. A session takes 1.1 kB of documents and index entries before
// compression, and each refresh leaves 0.4 kB until an hour after the token that it replaced would have ended (BenchmarkBytes in
// internal/catalogue).
//
// # How it is tested
//
// Package storetest runs against a server that speaks the wire protocol and keeps single commands atomic, on two storage engines.
// Such a server stands in for MongoDB's behaviour of single commands. It does not prove replica sets, elections, write and
// read concerns, retried writes, sharding, users and TLS, the TTL thread, or that the planner takes the index that is there for it: the
// tests check what is asked of the server, and by which index it can be answered, not that the server obeys. It looks through a whole
// collection for each command, so that its times say nothing of MongoDB's. With MONGODB_URI set they run on a real one as well.
package mongostore
