// Package clientip answers one question: which address does this request come from?
//
// Limits are keyed on that address, so whoever can choose it has no limit. The answer is therefore the peer of the
// connection, unless that peer is a proxy the host has named: only then the X-Forwarded-For header is read, from the
// right, and the first hop that is not a named proxy is the client. What stands further left was written by the client
// and is not looked at. X-Real-IP, Forwarded, CF-Connecting-IP and True-Client-IP are never read: a proxy that does not
// overwrite them hands on whatever the client put there.
//
// [Resolver.From] finds the address, [Bucket] makes the key of a limit from it.
package clientip
