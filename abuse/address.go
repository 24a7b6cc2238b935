package abuse

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/clientip"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/kv"
)

// Request counts a public request from an address. [ErrRateLimited] says that there were too many.
func (g *Guard) Request(ctx context.Context, ip netip.Addr) error {
	return g.hit(ctx, g.ip, clientip.Bucket(ip))
}

// place names the address that the request of ctx comes from; false where none is known.
func place(ctx context.Context) (string, bool) {
	ip, err := netip.ParseAddr(audit.OriginFrom(ctx).IP)
	if err != nil {
		return "", false
	}
	return clientip.Bucket(ip), true
}

// FailedIP counts a wrong code against the address that the request of ctx comes from. Nothing clears it but time: somebody
// else's success from the same address is no reason to trust the address.
func (g *Guard) FailedIP(ctx context.Context) error {
	bucket, ok := place(ctx)
	if !ok {
		return nil
	}
	n, _, err := g.windows.Count(ctx, g.name("ip_failures", bucket), 1, ipMemory)
	if wait := g.address.wait(int(n)); err == nil && wait > 0 {
		err = g.setWait(ctx, bucket, wait)
	}
	if err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

// Standing is how an address stands with its wrong codes, as it was when somebody looked. The zero value is that nobody has.
type Standing struct {
	looked bool
	failed int
	left   time.Duration
}

// Standing looks at how the address that the request of ctx comes from stands. It decides nothing and counts nothing, so that it may run
// while the request itself is counted; [Guard.Send] decides by it.
func (g *Guard) Standing(ctx context.Context) (Standing, error) {
	failed, left, err := g.failures(ctx)
	if err != nil {
		return Standing{}, err
	}
	return Standing{true, failed, left}, nil
}

// CheckIP refuses with [ErrRateLimited] while the address that the request of ctx comes from must wait for its wrong codes. It is
// for guesses that nothing else bounds.
func (g *Guard) CheckIP(ctx context.Context) error {
	_, left, err := g.failures(ctx)
	if err != nil || left <= 0 {
		return err
	}
	return g.deny(ctx, g.address.Name, left)
}

// failures answers how many wrong codes have come from the address that the request of ctx comes from, and how long it must still
// wait. It is one round trip, and two for an address that has used up its free tries.
func (g *Guard) failures(ctx context.Context) (n int, left time.Duration, err error) {
	bucket, ok := place(ctx)
	if !ok {
		return 0, 0, nil
	}
	count, _, err := g.windows.Count(ctx, g.name("ip_failures", bucket), 0, ipMemory)
	n = int(count)
	if wait := g.address.wait(n); err == nil && wait > 0 {
		left, err = g.stillWaits(ctx, bucket, wait)
	}
	if err != nil {
		return 0, 0, problem.Unavailable(err)
	}
	return n, left, nil
}

func (g *Guard) setWait(ctx context.Context, bucket string, wait time.Duration) error {
	until := strconv.FormatInt(g.opts.Now().Add(wait).UnixMilli(), 10)
	return g.windows.Set(ctx, g.name("ip_wait", bucket), []byte(until), wait)
}

// stillWaits answers what is left of a wait that is at most so long. A clock that was set back must not make it longer.
func (g *Guard) stillWaits(ctx context.Context, bucket string, most time.Duration) (time.Duration, error) {
	b, err := g.windows.Get(ctx, g.name("ip_wait", bucket))
	if errors.Is(err, kv.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	until, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return 0, err
	}
	left := time.UnixMilli(until).Sub(g.opts.Now())
	if left <= most {
		return left, nil
	}
	return most, g.setWait(ctx, bucket, most)
}
