package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// The limits that [New] enforces.
const (
	// LongestToken is the longest life of a user or service token.
	LongestToken = time.Hour
	// LongestSession is the longest absolute life of a session (NIST SP 800-63B-4 section 2.1.3).
	LongestSession = 30 * 24 * time.Hour
	// PreAuthLife is how long the second factor may take.
	PreAuthLife = 5 * time.Minute
	// Grace is how long a refreshed token goes on working, so that two tabs do not log each other out.
	Grace = 10 * time.Second
	// Freshness is how recently factors must have been proven for a change of factors, addresses and links.
	Freshness = 10 * time.Minute
	// Guesses is how many wrong second factors void a pre_auth token.
	Guesses = 5
)

// skew is how far the clocks of instances and back ends may differ.
const skew = 2 * time.Minute

// Options are the settings of a [Service]. The zero value is the recommended one.
type Options struct {
	// TokenLife is how long a user token lives; it is also the idle time-out, since a token is refreshed before it expires. At
	// most 1 hour. Default: 30 minutes.
	TokenLife time.Duration
	// Lifetime is the absolute life of a session, whatever is refreshed. At most 30 days. Default: 30 days.
	Lifetime time.Duration
	// MaxSessions is how many sessions a user may have at once; the oldest ends when one more begins. Sign-ins at the same time do not
	// see one another; what they begin too much ends with the next one. Default: 20.
	MaxSessions int
	// TokenCache is how many verified tokens are remembered, at about 600 bytes each. At most 4 million. Default: 65536.
	TokenCache int
	// RevocationLag lets [Service.Authenticate] answer from a mirror of what was ended, in the memory of this instance, instead of
	// asking the store about every request. What another instance ends is refused here when the lag is over at the latest; what this one
	// ends, at once. The store must be a [Feed]; it is asked for changes three times in each lag. While it does not answer, every request
	// asks it again, as without a mirror. The endpoints of this library ask the store in any case. From [ShortestLag] to
	// [LongestLag]. Default: 0, no mirror.
	RevocationLag time.Duration
	// RequireSecondFactor says who must have a second factor. A user without one then gets a pre_auth token that can only
	// enrol. Default: nobody must.
	RequireSecondFactor func(u user.User) bool
	// Claims answers the host's own claims of a new session. They go into the token's "extra" object, hold JSON values, and cannot
	// override anything. Default: none.
	Claims func(ctx context.Context, u user.User) (map[string]any, error)
	// Notice tells the owner of an account by a message. Default: nobody is told.
	Notice func(ctx context.Context, u user.User, kind sender.Kind, d sender.Data)
	// Guard bounds guesses at second factors. Required.
	Guard *abuse.Guard
	// Audit records every decision. Required.
	Audit *audit.Recorder
	// Log is told when the mirror of RevocationLag falls behind and when it is good again. Default: slog.Default.
	Log *slog.Logger
	// Curve is called before every curve operation, for metrics. Default: nothing is.
	Curve func()
	// Host is what callers are let in by. Default: one without settings.
	Host *web.Host
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

func (o *Options) resolve() error {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Host == nil {
		o.Host = &web.Host{Now: o.Now}
	}
	for _, d := range []struct {
		name         string
		v            *time.Duration
		def, longest time.Duration
	}{
		{"TokenLife", &o.TokenLife, 30 * time.Minute, LongestToken},
		{"Lifetime", &o.Lifetime, LongestSession, LongestSession},
	} {
		if *d.v == 0 {
			*d.v = d.def
		}
		if *d.v < time.Minute || *d.v > d.longest {
			return fmt.Errorf("session: %s must be from 1 minute to %v", d.name, d.longest)
		}
	}
	if o.MaxSessions == 0 {
		o.MaxSessions = 20
	}
	if o.MaxSessions < 1 || o.MaxSessions > maxPage {
		return fmt.Errorf("session: MaxSessions must be from 1 to %d", maxPage)
	}
	if o.TokenCache == 0 {
		o.TokenCache = 1 << 16
	}
	if o.TokenCache < 1 || o.TokenCache > 4<<20 {
		return fmt.Errorf("session: TokenCache must be from 1 to %d", 4<<20)
	}
	if o.RevocationLag != 0 && (o.RevocationLag < ShortestLag || o.RevocationLag > LongestLag) {
		return fmt.Errorf("session: RevocationLag must be 0, or from %v to %v", ShortestLag, LongestLag)
	}
	if o.Guard == nil || o.Audit == nil {
		return errors.New("session: Guard and Audit are required")
	}
	return nil
}
