// Package memstore keeps everything in the memory of one process: the embedded default, and the store for tests and
// local work.
//
// Most programs never import it: [auth.Config] without a store uses it. Import it to put users into it, or to share one
// store between two values of auth.Auth. A service that runs on more than one instance, or that must remember second
// factors across a restart, takes mongostore or redisstore instead.
//
// It has the same atomic verbs as every other back end, starts no goroutine and needs no closing. What expires is swept a
// little with every write. When it is full of values that are still alive it refuses with [ErrFull]: a mark, a counter or
// a code that was evicted early would be a control that was switched off.
package memstore
