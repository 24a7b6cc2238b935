// Package disposable knows the domains of throw-away mailboxes.
//
// Most programs never import it: [auth.Config] blocks such addresses by default. Import it to block more or fewer domains with a
// list of your own, or to bring the list up to date while the program runs: make one with [New], give it to the configuration,
// and call [List.Reload] on it.
//
// # What a list cannot do
//
// It knows the domains that somebody has reported. It keeps casual abuse out and slows the rest down; the limits of package
// abuse are what bounds the rest. Relay services that forward to a person's own mailbox, such as Hide My Email and Firefox
// Relay, are never blocked unless the host says so.
//
// [auth.Config]: https://pkg.go.dev/github.com/crafteasy/auth#Config
package disposable
