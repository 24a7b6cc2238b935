package abuse

import (
	"context"
	"encoding/base64"
	"errors"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/kv"
)

// ErrRateLimited says that a limit is reached. It carries the wait.
var ErrRateLimited = problem.ErrRateLimited

// Guard decides what is too much. It is safe for concurrent use.
type Guard struct {
	table

	windows kv.Store
	locks   Store
	keys    secret.Keys
	opts    Options
}

// New makes a guard. What expires goes to windows, what lasts to locks.
func New(windows kv.Store, locks Store, ring *secret.Ring, opts Options) (*Guard, error) {
	if windows == nil || locks == nil || ring == nil {
		return nil, errors.New("abuse: a store or the secret is missing")
	}
	if err := opts.resolve(); err != nil {
		return nil, err
	}
	return &Guard{
		windows: kv.Prefixed(windows, "abuse:"), locks: locks, keys: ring.Key("auth/v1/abuse"), opts: opts, table: opts.table(),
	}, nil
}

// name makes the fixed-length key under which something is counted.
func (g *Guard) name(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(g.keys.MAC(parts...)[:16])
}

// count adds delta to what a limit has counted of a subject, and answers the count and how long it lives on. It is one round trip.
func (g *Guard) count(ctx context.Context, l Limit, subject string, delta int64) (n int64, left time.Duration, err error) {
	if l.Calendar {
		now := g.opts.Now().UTC()
		begin := now.Truncate(l.Window)
		left = begin.Add(l.Window).Sub(now)
		// The count outlives its day a little, for an instance whose clock is behind.
		n, _, err = g.windows.Count(ctx, g.name(l.Name, subject, begin.Format(time.DateOnly)), delta, left+time.Hour)
	} else {
		n, left, err = g.windows.Count(ctx, g.name(l.Name, subject), delta, l.Window)
	}
	if err != nil {
		return 0, 0, problem.Unavailable(err)
	}
	return n, left, nil
}

// hit counts one hit on a limit.
func (g *Guard) hit(ctx context.Context, l Limit, subject string) error {
	n, left, err := g.count(ctx, l, subject, 1)
	if err != nil || n <= l.Max {
		return err
	}
	return g.refuse(ctx, l.Name, left)
}

// peek refuses where the next hit would be one too many, and counts nothing.
func (g *Guard) peek(ctx context.Context, l Limit, subject string) error {
	n, left, err := g.count(ctx, l, subject, 0)
	if err != nil || n < l.Max {
		return err
	}
	return g.refuse(ctx, l.Name, left)
}

// refuse turns a request or a message down, unless this is a dry run.
func (g *Guard) refuse(ctx context.Context, limit string, left time.Duration) error {
	if g.dry(ctx, limit) {
		return nil
	}
	return g.deny(ctx, limit, left)
}

// deny turns something down.
func (g *Guard) deny(ctx context.Context, limit string, left time.Duration) error {
	g.record(ctx, audit.Event{Name: "limit.reached", Code: ErrRateLimited.Code(), Reason: limit})
	return limited(left)
}

func limited(left time.Duration) error { return ErrRateLimited.WithRetryAfter(max(left, time.Second)) }

// record writes the one event of a refusal.
func (g *Guard) record(ctx context.Context, e audit.Event) {
	if g.opts.Audit != nil {
		e.Outcome = audit.Refused
		g.opts.Audit.Record(ctx, e)
	}
}

// dry reports whether this is a dry run, and logs what it lets through.
func (g *Guard) dry(ctx context.Context, limit string) bool {
	if !g.opts.DryRun {
		return false
	}
	o := audit.OriginFrom(ctx)
	g.opts.Log.WarnContext(ctx, "a limit would have refused this", "limit", limit, "ip", o.IP, "request_id", o.RequestID)
	return true
}
