package auth

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/abuse/disposable"
	"github.com/crafteasy/auth/internal/secret"
)

// SecretFromText makes a secret of text that somebody else has given out, such as the one of a CAPTCHA provider. It has at least
// 32 bytes.
func SecretFromText(s string) (Secret, error) { return secret.FromBytes([]byte(s)) }

// Disposable sets what happens to addresses of throw-away mailboxes. The zero value is the recommended setting: they are refused.
type Disposable struct {
	// Accept accepts them.
	Accept bool
	// List holds the domains to refuse; it can be brought up to date while serving. Default: the one that comes with the library.
	List *disposable.List
	// Block are further domains, with everything below them.
	Block []string
	// Allow are domains that are accepted whatever List says, with everything below them. Relays that forward to a person's own mailbox
	// are accepted anyhow, unless Block names them.
	Allow []string
}

// Captcha sets who must solve a CAPTCHA before a message is sent. The zero value asks nobody.
type Captcha struct {
	// Provider is "turnstile", "hcaptcha" or "recaptcha". Empty turns CAPTCHA off.
	Provider string
	// Secret is what the provider gave this site: [SecretFromText].
	Secret Secret
	// SiteKey is the public key of the site. The refusal that asks for a CAPTCHA carries it.
	SiteKey string
	// Hostnames are the hosts of the pages that show the challenge. Default: the host of Issuer.
	Hostnames []string
	// Action is what the widget must name as its action, where the provider answers one. Default: "login".
	Action string
	// MinScore is the least score, from 0 to 1, where the provider answers one (reCAPTCHA v3). Default: 0.5.
	MinScore float64
	// AfterFailures is how many wrong codes, of an address or for a recipient, ask for a CAPTCHA. Default: 3.
	AfterFailures int
	// Always asks for one before every message.
	Always bool
	// Endpoint replaces the provider's, for tests. InsecureLoopback allows one on this machine, over http too.
	Endpoint         string
	InsecureLoopback bool
}

// given reports whether anything is set that has no use without a provider.
func (c *Captcha) given() bool {
	return !c.Secret.IsZero() || c.SiteKey != "" || len(c.Hostnames) > 0 || c.Action != "" || c.MinScore != 0 || c.Always || c.Endpoint != ""
}

// LogValue keeps a copy of the settings out of logs: its secret cannot print itself, and the rest is nobody's concern.
func (c Captcha) LogValue() slog.Value { return slog.StringValue("captcha " + c.Provider) }

// wireGuard makes what stands before every message and every guess.
func (a *Auth) wireGuard() error {
	c := &a.config
	opts := abuse.Options{
		IPPerMinute: c.Limits.IPPerMinute, IPFailures: c.Limits.IPFailures,
		RecipientPerHour: c.Limits.RecipientPerHour, RecipientPerDay: c.Limits.RecipientPerDay, ResendWait: c.Limits.ResendWait,
		DailyEmail: c.Limits.DailyEmail, DailySMS: c.Limits.DailySMS,
		SMSPerPrefix: c.Limits.SMSPerPrefix, SMSPerCountry: c.Limits.SMSPerCountry, SMSBreakerAfter: c.Limits.SMSBreakerAfter,
		CaptchaAfter: c.Captcha.AfterFailures, CaptchaAlways: c.Captcha.Always,
		DryRun: c.Limits.DryRun, Audit: a.recorder, Log: c.Logger, Now: c.Now,
	}
	if opts.SMSPerCountry == 0 && len(c.SMSCountries) == 1 && c.SMSCountries[0] != "*" {
		opts.SMSPerCountry = most // the limit of the day is that of the one country
	}
	var err error
	if !c.Disposable.Accept {
		opts.Disposable, err = disposable.NewFilter(disposable.Options{List: c.Disposable.List, Block: c.Disposable.Block, Allow: c.Disposable.Allow})
		if err != nil {
			return fmt.Errorf("auth: Config.Disposable: %w", err)
		}
	}
	verifier, err := c.captcha()
	if err != nil {
		return err
	}
	if verifier != nil {
		opts.Captcha = verifier
	}
	if a.guard, err = abuse.New(a.kv, c.Store.Locks(), a.ring, opts); err != nil {
		return fmt.Errorf("auth: Config.Limits: %w", err)
	}
	return nil
}

// captcha makes the client of the CAPTCHA provider; nil where none is set.
func (c *Config) captcha() (*abuse.Siteverify, error) {
	set := &c.Captcha
	if set.Provider == "" {
		if set.given() {
			return nil, refuse("Captcha", "is set without a Provider")
		}
		return nil, nil //nolint:nilnil // no CAPTCHA is no error
	}
	hosts := set.Hostnames
	if len(hosts) == 0 {
		hosts = []string{c.base.Hostname()}
	}
	v, err := abuse.NewSiteverify(abuse.SiteverifyOptions{
		Provider: set.Provider, Secret: set.Secret, SiteKey: set.SiteKey, Hostnames: hosts, Action: set.Action, MinScore: set.MinScore,
		Endpoint: set.Endpoint, InsecureLoopback: set.InsecureLoopback, InsecureTestSecret: isLoopback(c.base.Hostname()), Now: c.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("auth: Config.Captcha: %w", err)
	}
	return v, nil
}

// setCaptchaSecret reads CAPTCHA_SECRET, and repeats nothing of it.
func setCaptchaSecret(c *Config, v string) (err error) {
	if c.Captcha.Secret, err = SecretFromText(v); err != nil {
		return errors.New("must be the secret that the provider gave out, at least 32 characters")
	}
	return nil
}

// setCaptchaProvider reads CAPTCHA_PROVIDER.
func setCaptchaProvider(c *Config, v string) error {
	switch v {
	case "turnstile", "hcaptcha", "recaptcha":
		c.Captcha.Provider = v
		return nil
	}
	return errors.New("must be turnstile, hcaptcha or recaptcha")
}

// setCaptchaAfter reads CAPTCHA_AFTER_FAILURES, where none at all is always.
func setCaptchaAfter(c *Config, v string) error {
	n, err := number(v, 0, most)
	c.Captcha.AfterFailures, c.Captcha.Always = n, err == nil && n == 0
	return err
}
