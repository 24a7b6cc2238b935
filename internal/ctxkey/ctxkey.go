// Package ctxkey holds the keys under which a request's context carries what this library puts there, so that one context
// node can answer for all of them.
package ctxkey

// Payload is the key of the caller's token payload, a *jwt.TokenPayload.
type Payload struct{}

// Origin is the key of where the request comes from, an *audit.Origin that nobody changes.
type Origin struct{}

// Host is the key of what the host has set for all requests, a *web.Host.
type Host struct{}

// SignsIn is the key of whether the route may answer a session's token, a bool.
type SignsIn struct{}

// Events is the key of the count of events that a request has led to, an *atomic.Int32.
type Events struct{}

// Turn is the key of the turn that a request has while it is served, a *turns.Turn.
type Turn struct{}
