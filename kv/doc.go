// Package kv is the small interface behind which everything that expires lives: codes, challenges, states, counters and
// replay marks.
//
// Most programs never import it. To put what expires into a back end of your own, implement [Store] and run
// package storetest against it.
//
// One-time things are one-time because [Store.Take] is atomic: of many callers exactly one gets the value. An emptied
// store therefore refuses; it never forgets that something was used.
package kv
