package jwt

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"time"
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
// until its exp, and it does not check the mac member, whose key it lacks, so a forged token costs it a curve operation.
// It accepts user and service tokens, never pre_auth tokens.
type Remote struct {
	rules *rules
	keys  *keySet
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
	return &Remote{r, &keySet{url: jwksURL, client: client, cooldown: cooldown, now: r.now}}, nil
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

// Authenticate answers the payload of a user or service token of the issuer that has not ended. A refusal matches
// problem.ErrInvalidToken. Without a key set, or without a recent one for a key that is not known, the answer is
// problem.ErrUnavailable: nobody is let in, and nobody is told that the token is bad.
func (r *Remote) Authenticate(ctx context.Context, token string) (*TokenPayload, error) {
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
	if err := c.verify(key); err != nil {
		return nil, err
	}
	return payload, nil
}
