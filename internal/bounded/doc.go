// Package bounded gives every call to a store of the host's making a deadline, so that one that hangs is a refusal in good time and not a
// request that is held.
//
// A call that does not honour its context cannot be ended from outside. Stores that are [store.Punctual] are left as they are.
package bounded
