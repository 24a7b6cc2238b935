// Package storetest is the contract of every store, as code.
//
// A back end for the library passes it, or is none. Each function checks one interface against a list of rules; every
// rule opens a fresh store, and the name of its subtest is the sentence that it enforces:
//
//	func TestKV(t *testing.T) {
//		storetest.KV(t, func(t *testing.T, now func() time.Time) kv.Store {
//			return mystore.New(emptyDatabase(t), &mystore.Options{Now: now}).KV()
//		})
//	}
//
// Most programs use one of the back ends that come with the library and never import this package. To write a back end
// of your own, implement the interfaces and run these functions in its tests, with -race.
//
// # In an afternoon
//
// Begin with one interface and its function here: a user table with [Users], what expires with [KV] (the example of this package is
// such a store, whole). Run it with -race: each rule that fails says in its name what is expected. When the views you need pass,
// give them to the library: Config.Users, Config.KV. A whole back end implements store.Store and passes [Store]; it may take a view
// that it lacks from another back end. Behind a server, open makes an empty database or prefix for each rule, and the same code is
// shown to notice failures by [authtest.Faults] and a proxy.
//
// Rules that a user table of another shape cannot keep are none: the library relies on every one of them.
//
// # Clocks
//
// The open function receives a clock that the rules move by hand. A back end that compares times itself must use it. A
// back end whose server keeps the time, such as Redis, ignores it: rules about expiry move the clock, and then poll
// for at most two seconds.
//
// # Races
//
// One-time things are one-time under concurrency, or not at all: the rules that name one winner start a hundred
// goroutines at once. Passing once is no proof that a back end is atomic; a back end that reads and then writes fails
// sooner or later.
//
// [authtest.Faults]: https://pkg.go.dev/github.com/crafteasy/auth/authtest#Faults
package storetest
