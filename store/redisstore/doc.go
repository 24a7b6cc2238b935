// Package redisstore keeps everything in Redis or Valkey: the fastest back end, and the one that many instances share.
//
//	rdb := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
//	a, err := auth.New(auth.Config{Store: redisstore.New(rdb, nil), …})
//
// Most programs take it whole. A program that keeps what lasts in MongoDB gives it what expires alone:
// redisstore.New(rdb, nil).KV(). It works on one node, behind Sentinel, and on a Redis Cluster; from version 6.2 on.
//
// # What the server must be
//
// Call [Check] at start: it reads the server's settings and says what is wrong with them.
//
//   - maxmemory-policy noeviction. A server that evicts forgets what was revoked and what was used. One that is full
//     refuses instead, which is an error here and a 503 there.
//   - appendonly yes, appendfsync everysec or always. Sessions, locks, revocations and accounts last no longer than the
//     server's own files. With snapshots alone, a restart goes back to the last one: what was revoked since is alive again.
//   - No reads from replicas, which learn of a revocation too late. A client with ReadOnly, RouteByLatency or RouteRandomly is
//     refused by every verb, and so is a [redis.Ring], which looks for a key elsewhere when a server is down.
//   - A failover loses what the old master had not yet passed on: a second of revocations, as a rule. Set min-replicas-to-write, so
//     that a master that is cut off stops taking writes; this package does not send WAIT, which would not undo a loss either.
//
// # What a loss means
//
// A server that comes back empty revives nobody: the floor is gone, so every token issued before is refused, and
// the next sign-in sets a new floor above them all. Codes, challenges and pre_auth tokens are records that are taken at use;
// those that are gone are refused. After a backup was put back, end everything (EndEverything of the library): it may hold
// a session that was ended, or a code that was used, since it was made.
//
// # Time-outs
//
// Every call is over after [Options].Timeout, 1.8 seconds by default, whether the server is down, hangs, or drops connections.
// Set ContextTimeoutEnabled in the client: without it the client waits for its own time-outs, and each call costs a goroutine
// that is left behind until then. Reads are tried twice. What changes anything is sent once: where an answer is lost, the
// verb fails and nobody is told that a code was unknown, or another's.
//
// # Keys
//
// Every key begins with [Options].Prefix. What belongs to one user has the hash tag {user}, hence one slot of a cluster;
// the floor, which every request reads, is one key in a slot of its own, and beside it lies the feed of what was ended, a stream whose
// entries go after 75 minutes (session.ChangeLife). Every instance writes it, with the record and in the same round trip; mirrors
// read it (session.Options.RevocationLag). On one node each verb of a request is one round trip.
// No verb scans. Records have a time to live, which is the broom alone: what has ended is decided by whoever reads it.
// A session takes 1.2 to 1.6 kB of the server's memory, a revocation 0.4, half of it in the feed (BenchmarkMemory).
package redisstore
