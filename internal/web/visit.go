package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/turns"
	"github.com/crafteasy/auth/jwt"
)

// Host is what the host has set for all requests. Zero fields stand for their defaults.
type Host struct {
	// ClientIP answers the address to believe. Default: none is known.
	ClientIP func(r *http.Request) netip.Addr
	// WriteError renders refusals. Default: [WriteProblem].
	WriteError ErrorWriter
	// Refused is told of every refusal before it is rendered. Default: nobody is.
	Refused func(ctx context.Context, method string, p *problem.Error)
	// Bypass answers the caller to assume without a token, or a refusal. Default: authentication is on.
	Bypass func(r *http.Request) (*jwt.TokenPayload, error)
	// Cookie carries the tokens of browsers. Default: none does.
	Cookie *Cookie
	// Observe is told of every operation. Default: nobody is.
	Observe Observe
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// HostFrom answers what the host has set, as ctx carries it. It is never nil.
func HostFrom(ctx context.Context) *Host {
	if h, ok := ctx.Value(ctxkey.Host{}).(*Host); ok {
		return h
	}
	return &Host{}
}

// Time is the host's current time.
func (h *Host) Time() time.Time {
	if h.Now == nil {
		return time.Now()
	}
	return h.Now()
}

// Visit is the context node of a request below the mount point, and of one that is refused: it works out where the request comes
// from when somebody asks, who the caller is once that was judged, and counts the events that came of it.
type Visit struct {
	context.Context //nolint:containedctx // it is a context itself

	request *http.Request
	host    *Host
	origin  audit.Origin
	placed  bool // origin says where from
	caller  *jwt.TokenPayload
	signsIn bool
	turn    *turns.Turn
	end     func() // called when the request is answered, unless it is nil
	events  atomic.Int32
}

// NewVisit makes the node of a request.
func NewVisit(r *http.Request, host *Host) *Visit {
	return &Visit{Context: r.Context(), request: r, host: host}
}

// Value answers what the node carries, and what its parent does for every other key.
func (v *Visit) Value(key any) any {
	switch key.(type) {
	case ctxkey.Host:
		return v.host
	case ctxkey.Events:
		return &v.events
	case ctxkey.Origin:
		return v.from()
	case ctxkey.SignsIn:
		return v.signsIn
	case ctxkey.Turn:
		return v.turn
	case ctxkey.Payload:
		if v.caller != nil {
			return v.caller
		}
	}
	return v.Context.Value(key)
}

// maxUserAgent bounds the client's text that sessions and events keep.
const maxUserAgent = 256

// Origin is where the request comes from.
func (v *Visit) Origin() audit.Origin { return *v.from() }

// from is the origin as a context answers it, made once. An outer node's answer holds, so that one request has one id.
func (v *Visit) from() *audit.Origin {
	if v.placed {
		return &v.origin
	}
	v.placed = true
	if outer, ok := v.Context.Value(ctxkey.Origin{}).(*audit.Origin); ok {
		v.origin = *outer
		return &v.origin
	}
	v.origin = audit.Origin{
		RequestID: requestID(v.request), UserAgent: userAgent(v.request), Languages: v.request.Header.Get("Accept-Language"),
	}
	if v.host.ClientIP != nil {
		if ip := v.host.ClientIP(v.request); ip.IsValid() {
			v.origin.IP = ip.String()
		}
	}
	return &v.origin
}

// userAgent is the client's name of itself, without what does not print.
func userAgent(r *http.Request) string {
	s := r.UserAgent()
	if len(s) > maxUserAgent {
		s = s[:maxUserAgent]
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return strings.Map(printed, strings.ToValidUTF8(s, ""))
		}
	}
	return s
}

// printed drops what does not print: not every handler of a log escapes it, and a text that turns the reading direction round
// deceives whoever reads a list of sessions.
func printed(c rune) rune {
	if unicode.IsPrint(c) {
		return c
	}
	return -1
}

// requestID takes the caller's id when it is well-formed, so that one name goes through all logs.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if len(id) == 0 || len(id) > 64 {
		return secret.Handle(16)
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return secret.Handle(16)
		}
	}
	return id
}

// WriteError tells the host of the refusal in err and renders it as the host wants it. A request that nobody has visited yet, as
// behind a guard that let it through, gets its node here: a refusal has an origin and an id.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	ctx, h := r.Context(), HostFrom(r.Context())
	if audit.OriginFrom(ctx).RequestID == "" {
		ctx = NewVisit(r, h)
	}
	h.refuse(ctx, w, r, err)
}

// Refuse is [WriteError] for a request that a guard does not let through, so that nothing was put into its context.
func (h *Host) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	h.refuse(NewVisit(r, h), w, r, err)
}

// refuse renders the refusal in err, of which ctx knows more than the context of r.
func (h *Host) refuse(ctx context.Context, w http.ResponseWriter, r *http.Request, err error) {
	p, id := Refusal(err), audit.OriginFrom(ctx).RequestID
	if p.Code() == problem.ErrInvalidToken.Code() {
		h.dropCookie(w, r) // a browser would send it again and again
	}
	if h.Refused != nil {
		h.Refused(ctx, r.Method, p)
	}
	if h.WriteError != nil {
		new(refusal).head(w.Header(), id, p)
		h.WriteError(w, r.WithContext(ctx), p)
		return
	}
	WriteProblem(w, r.Method, id, p)
}
