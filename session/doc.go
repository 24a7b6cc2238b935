// Package session is the gate: the only place that turns "who, and how proven" into a token, and the place that ends it again.
//
// Most programs never import it: they ask [middleware.RequireAuth] who is calling, and end sessions by the verbs of
// the root package. Import it to write a [Store] for a back end of your own, or a [SecondFactor].
//
// # Sign-in
//
// A method proves one factor and calls [Service.SignIn]. The gate asks the registered second factors whether the user has
// enrolled one, and answers a user token, or a pre_auth token that is good for [Service.Complete] alone. No other path leads to
// a user token.
//
// # Refresh
//
// [Service.Refresh] swaps a token for its successor. For ten seconds the old one answers with the very same successor, so that two
// tabs do not log each other out; afterwards it betrays a theft, and the session ends. A token that [Service.StepUp] has replaced dies in the
// same way, but the stepped-up one is repeated only to the address and browser that proved something: else whoever has stolen the old token
// could wait for its owner's next proof and take it.
//
// # Revocation
//
// Every request reads one [State]. A token dies with itself, with its session, with its user's epoch, or with the floor that
// stands for everybody. An emptied store has no floor and refuses everything that was issued before.
//
// With [Options.RevocationLag] requests are judged from memory: a mirror follows the store's [Feed] and is believed for that long after
// the last question began. Past that the store is asked, and where it fails, nobody is let in. What one instance ends is refused
// there at once and elsewhere within the lag. The mirror holds what was ended and may still be alive, about 200 bytes for each.
//
// [middleware.RequireAuth]: https://pkg.go.dev/github.com/crafteasy/auth/middleware#RequireAuth
package session
