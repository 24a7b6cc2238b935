// Package outbound is the one HTTP client that this library calls others with: identity providers, key sets, CAPTCHA
// services, message gateways.
//
// A URL may come from a document that somebody else serves, and a name may resolve to anything. So the address is
// judged when the connection is made, after the name was resolved and for every address that is tried: nothing inside
// the host's own network can be reached, whatever a URL, a redirect or a name server says. Redirects are not followed,
// time and size are bounded, and plain http is for allowed loopback and private addresses only.
//
// [New] makes the client, [ReadAll] reads an answer up to a size, [Cause] says what a failed call means. Proxy settings
// of the environment are not used: a proxy would dial in our place, and the judgement would be about the proxy.
package outbound
