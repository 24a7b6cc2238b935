// Package web is how the methods speak HTTP: routes as values that say what they demand of the caller, strict JSON in, problem
// documents (RFC 9457) out, request ids, and a guard against panics.
//
// A package describes its endpoints as [Route] values; [Mount] enforces what they demand, in one place and in one order:
// path, method, credential, media type, size, body, rate, then the deed.
package web

import (
	"fmt"
	"net/http"
	"strings"
)

// Demand is what a route asks of its caller. The zero value is no demand at all and does not mount.
type Demand uint8

// The demands.
const (
	_ Demand = iota
	// Public asks nothing and ignores every credential.
	Public
	// PreAuth asks for a pre_auth token.
	PreAuth
	// Enrol asks for what Fresh asks, or for the pre_auth token of a user who must enrol a factor and has none.
	Enrol
	// User asks for a user token.
	User
	// Fresh asks for a user token whose factors were proven at most ten minutes ago.
	Fresh
	// Any asks for a user or service token.
	Any
	// Genuine asks for a token that this service signed; the endpoint itself judges revocation, rotation and expiry.
	Genuine
)

var demandNames = [...]string{Public: "Public", PreAuth: "PreAuth", Enrol: "Enrol", User: "User", Fresh: "Fresh", Any: "Any", Genuine: "Genuine"}

// String names the demand.
func (d Demand) String() string {
	if int(d) < len(demandNames) && demandNames[d] != "" {
		return demandNames[d]
	}
	return fmt.Sprintf("Demand(%d)", uint8(d))
}

func (d Demand) valid() bool { return int(d) < len(demandNames) && demandNames[d] != "" }

// Route is one endpoint below the mount point.
type Route struct {
	// Method is the HTTP method. A GET route answers HEAD too, unless it is Once.
	Method string
	// Pattern is the path below the mount point in the form of net/http, without a method: "/sessions/{id}".
	Pattern string
	// Demand is what the caller must present.
	Demand Demand
	// Endpoint answers.
	Endpoint Endpoint
	// SignsIn says that the answer may carry the token of a session. In cookie mode a page of another origin must not get a browser
	// to take it: whoever plants a session of his own sees what its victim does in it.
	SignsIn bool
	// Once says that a GET spends something, so that HEAD must not reach it.
	Once bool
	// Ahead says that the pattern is matched before those of other routes, for one that overlaps with another and is not a part of it.
	Ahead bool
	// WriteError renders this route's refusals in place of the mounting's, for protocols that have a form of their own.
	WriteError ErrorWriter
}

func (rt Route) check() error {
	switch {
	case !rt.Demand.valid():
		return fmt.Errorf("web: route %s %s demands nothing of its caller", rt.Method, rt.Pattern)
	case !strings.HasPrefix(rt.Pattern, "/"):
		return fmt.Errorf("web: route %s %q is no path", rt.Method, rt.Pattern)
	case rt.Endpoint.serve == nil:
		return fmt.Errorf("web: route %s %s has no endpoint", rt.Method, rt.Pattern)
	}
	switch rt.Method {
	case http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete:
		return nil
	}
	return fmt.Errorf("web: route %s %s has an unknown method", rt.Method, rt.Pattern)
}
