package abuse

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/clientip"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/user"
)

// ErrRateLimited says that a limit is reached. It carries the wait.
var ErrRateLimited = problem.ErrRateLimited

// Options sets the limits. The zero value is the recommended setting.
type Options struct {
	// IPPerMinute is how many public requests an address may make in a minute; an IPv6 address counts as its /64. Default: 60.
	IPPerMinute int
	// RecipientPerHour and RecipientPerDay are how many messages a mailbox or number may be sent. Defaults: 5 and 10.
	RecipientPerHour, RecipientPerDay int
	// Audit records every refusal. Default: none.
	Audit *audit.Recorder
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// Guard decides what is too much. It is safe for concurrent use.
type Guard struct {
	windows kv.Store
	locks   Store
	keys    secret.Keys
	opts    Options

	ip, hour, day Limit
	backoff       Backoff
}

// New makes a guard. What expires goes to windows, what lasts to locks.
func New(windows kv.Store, locks Store, ring *secret.Ring, opts Options) (*Guard, error) {
	if windows == nil || locks == nil || ring == nil {
		return nil, errors.New("abuse: a store or the secret is missing")
	}
	for _, l := range []struct {
		name string
		n    *int
		def  int
	}{
		{"IPPerMinute", &opts.IPPerMinute, 60},
		{"RecipientPerHour", &opts.RecipientPerHour, 5},
		{"RecipientPerDay", &opts.RecipientPerDay, 10},
	} {
		if *l.n == 0 {
			*l.n = l.def
		}
		if *l.n < 1 {
			return nil, fmt.Errorf("abuse: %s must be at least 1", l.name)
		}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Guard{
		windows: kv.Prefixed(windows, "abuse:"), locks: locks, keys: ring.Key("auth/v1/abuse"), opts: opts,
		ip:      Limit{"ip_minute", "IP", time.Minute, int64(opts.IPPerMinute), "every public endpoint against floods from one place"},
		hour:    Limit{"recipient_hour", "recipient", time.Hour, int64(opts.RecipientPerHour), "owners of addresses against unwanted messages"},
		day:     Limit{"recipient_day", "recipient", 24 * time.Hour, int64(opts.RecipientPerDay), "owners of addresses against unwanted messages"},
		backoff: Backoff{Free: 5, First: 30 * time.Second, Longest: time.Hour},
	}, nil
}

// name makes the fixed-length key under which something is counted.
func (g *Guard) name(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(g.keys.MAC(parts...)[:16])
}

// hit counts one hit on a limit.
func (g *Guard) hit(ctx context.Context, l Limit, subject string) error {
	n, left, err := g.windows.Count(ctx, g.name(l.Name, subject), 1, l.Window)
	if err != nil {
		return problem.Unavailable(err)
	}
	if n <= l.Max {
		return nil
	}
	return g.refuse(ctx, l.Name, left)
}

func (g *Guard) refuse(ctx context.Context, limit string, left time.Duration) error {
	if g.opts.Audit != nil {
		g.opts.Audit.Record(ctx, audit.Event{Name: "limit.reached", Outcome: audit.Refused, Code: ErrRateLimited.Code(), Reason: limit})
	}
	return ErrRateLimited.WithRetryAfter(max(left, time.Second))
}

// Request counts a public request from an address. [ErrRateLimited] says that there were too many.
func (g *Guard) Request(ctx context.Context, ip netip.Addr) error {
	return g.hit(ctx, g.ip, clientip.Bucket(ip))
}

// Send counts a message to a recipient, whether or not an account exists and a message will really leave. [ErrRateLimited]
// says that the recipient has had enough.
func (g *Guard) Send(ctx context.Context, to user.Identifier) error {
	key := recipient(to)
	if err := g.hit(ctx, g.hour, key); err != nil {
		return err
	}
	return g.hit(ctx, g.day, key)
}

// Refund takes back what [Guard.Send] counted, for a message that did not leave through no fault of the recipient's.
func (g *Guard) Refund(ctx context.Context, to user.Identifier) error {
	key := recipient(to)
	var errs []error
	for _, l := range []Limit{g.hour, g.day} {
		_, _, err := g.windows.Count(ctx, g.name(l.Name, key), -1, l.Window)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// recipient folds the spellings of one mailbox, so that they share one limit.
func recipient(to user.Identifier) string {
	if to.Kind == user.Email {
		return string(to.Kind) + ":" + user.MailboxKey(to.Value)
	}
	return string(to.Kind) + ":" + to.Value
}

// Limits answers the table of limits, for documents and tools.
func (g *Guard) Limits() []Limit { return []Limit{g.ip, g.hour, g.day} }
