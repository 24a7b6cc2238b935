// Package abuse makes attacks cost the attacker: it limits requests, messages and guesses.
//
// Most programs never import it; [auth.Config] holds its settings. [Guard] is one value that every sign-in method asks
// before it does anything that costs: a message, a comparison, a call to somebody else.
//
// # Two memories
//
// Counters of a window expire and live in a [kv.Store]. Failures against an account last and live in a [Store]; an attacker
// who makes the first forget does not get more guesses.
//
// Names reach either store only as keyed MACs: a dump tells nobody's address.
//
// [auth.Config]: https://pkg.go.dev/github.com/crafteasy/auth#Config
package abuse
