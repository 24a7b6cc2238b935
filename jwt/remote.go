package jwt

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/crafteasy/auth/internal/turns"
)

// RemoteOptions configure a [Remote]. The zero value is the recommended setting.
type RemoteOptions struct {
	// Client fetches the key set. A copy is used that follows no redirects. Default: a client of its own.
	Client *http.Client
	// Leeway is how far the issuer's clock may differ. At most 2 minutes. Default: 30 seconds.
	Leeway time.Duration
	// Cooldown is the least time between two fetches, however many tokens name keys that are not known. At least
	// 1 second. Default: 1 minute.
	Cooldown time.Duration
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// Remote verifies the tokens that another service issued, by the key set which that service publishes. It is safe for
// concurrent use.
//
// Two things only the issuer can do, and a Remote does not: it cannot see that a token was revoked, so a token lives
// until its exp, and it does not check the mac member, whose key it lacks, so a forged token costs it a curve operation. At
// most half of the processors do them at a time, and a token that was seen before costs none. It accepts user and service
// tokens, never pre_auth tokens.
type Remote struct {
	rules *rules
	keys  *keySet
	seen  seen
	curve *turns.Turns
}

// NewRemote makes a verifier for the tokens of issuer that are meant for audience (default: the issuer). The key set is
// fetched with the first token, kept for 10 minutes, and fetched again for a token whose key is not in it. The URL must
// be https, or http on this machine.
func NewRemote(jwksURL, issuer, audience string, opts *RemoteOptions) (*Remote, error) {
	if opts == nil {
		opts = &RemoteOptions{}
	}
	r, err := newRules(issuer, audience, opts.Leeway, 0, opts.Now, TypeUser, TypeService)
	if err != nil {
		return nil, err
	}
	if err := checkURL(jwksURL); err != nil {
		return nil, err
	}
	cooldown := opts.Cooldown
	if cooldown == 0 {
		cooldown = defaultCooldown
	}
	if cooldown < time.Second {
		return nil, errors.New("jwt: Cooldown must be at least 1 second")
	}
	client := &http.Client{}
	if opts.Client != nil {
		c := *opts.Client
		client = &c
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Remote{
		rules: r, keys: &keySet{url: jwksURL, client: client, cooldown: cooldown, now: r.now},
		seen: newSeen(), curve: turns.OnHalf(errBusy),
	}, nil
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return errors.New("jwt: the URL of the key set is not an absolute URL without user and fragment")
	}
	addr, err := netip.ParseAddr(u.Hostname())
	local := u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return errors.New("jwt: the URL of the key set must be https, or http on this machine")
	}
	return nil
}

var errBusy = errors.New("jwt: too many tokens wait to be verified")

// Authenticate answers the payload of a user or service token of the issuer that has not ended. It must not be changed. A refusal
// is an auth.Problem with the code invalid_token. Without a key set, or without a recent one for a key that is not known, and when the
// verification is waited for longer than 5 seconds, its code is unavailable: nobody is let in, and nobody is told that the token is bad.
func (r *Remote) Authenticate(ctx context.Context, token string) (*TokenPayload, error) {
	if len(token) > maxToken {
		return nil, errLong
	}
	sum := sha256.Sum256([]byte(token))
	if known := r.seen.get(&sum, r.rules.now()); known != nil {
		key, err := r.keys.find(ctx, known.kid)
		if err != nil {
			return nil, err
		}
		if known.under(key) {
			return known.payload, nil
		}
	}
	return r.verify(ctx, token, &sum)
}

// verify looks at all of a token, the curve last.
func (r *Remote) verify(ctx context.Context, token string, sum *[sha256.Size]byte) (*TokenPayload, error) {
	parts, k, err := r.rules.read(token)
	if err != nil {
		return nil, err
	}
	if _, ok := parts.mac(); !ok {
		return nil, errNoMAC
	}
	raw, err := b64.DecodeString(parts.payload())
	if err != nil {
		return nil, errPayload
	}
	c, err := parts.compact(raw)
	if err != nil {
		return nil, err
	}
	payload, err := r.rules.claims(c, k, false)
	if err != nil {
		return nil, err
	}
	key, err := r.keys.find(ctx, parts.head.kid)
	if err != nil {
		return nil, err
	}
	turn, err := r.curve.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer turn.GiveBack()
	now := r.rules.now()
	if known := r.seen.get(sum, now); known != nil && known.under(key) { // somebody else has presented it meanwhile
		return known.payload, nil
	}
	if err := c.verify(key); err != nil {
		return nil, err
	}
	r.seen.put(&seenToken{parts.head.kid, *sum, key, payload, now, payload.ExpiresAt.Add(r.rules.leeway)})
	return payload, nil
}
