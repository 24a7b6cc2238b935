package abuse

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/crafteasy/auth/internal/outbound"
	"github.com/crafteasy/auth/internal/secret"
)

const (
	defaultCaptchaTimeout = 5 * time.Second
	// defaultAction is what the widget on a sign-in page must name, where it names any.
	defaultAction = "login"
	// defaultScore is the least that a provider who answers a score must answer.
	defaultScore = 0.5
)

// SiteverifyOptions are the settings of a [Siteverify].
type SiteverifyOptions struct {
	// Provider is "turnstile", "hcaptcha" or "recaptcha". Required.
	Provider string
	// Secret is what the provider gave this site. Required.
	Secret secret.Secret
	// SiteKey is the public key of the site, for pages. hcaptcha is told it too.
	SiteKey string
	// Hostnames are the hosts of the pages that show the challenge. Required.
	Hostnames []string
	// Action is what the widget must name as its action, where the provider answers one. Default: "login".
	Action string
	// MinScore is the least score, from 0 to 1, where the provider answers one (reCAPTCHA v3). Default: 0.5.
	MinScore float64
	// Endpoint replaces the provider's, for tests. Default: the provider's.
	Endpoint string
	// Timeout bounds a call. At most 1 minute. Default: 5 seconds.
	Timeout time.Duration
	// InsecureLoopback admits an Endpoint on this machine, over http too.
	InsecureLoopback bool
	// InsecureTestSecret admits the secrets that providers publish for tests. Everybody passes with them.
	InsecureTestSecret bool
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// Siteverify asks a provider whether a challenge was solved. It is safe for concurrent use.
type Siteverify struct {
	opts   SiteverifyOptions
	known  provider
	test   bool
	client *http.Client
}

var _ Captcha = (*Siteverify)(nil)

// NewSiteverify makes the client of a provider. Nothing is asked of it yet. The error names the field that is wrong and never
// its value.
func NewSiteverify(opts SiteverifyOptions) (*Siteverify, error) {
	known, ok := providers[opts.Provider]
	if !ok {
		return nil, errors.New("abuse: Provider must be turnstile, hcaptcha or recaptcha")
	}
	if opts.Secret.IsZero() {
		return nil, errors.New("abuse: Secret is missing")
	}
	v := &Siteverify{opts: opts, known: known, test: known.testSecrets.Match(opts.Secret.Reveal())}
	if err := v.resolve(); err != nil {
		return nil, err
	}
	v.client = outbound.New(outbound.Options{Timeout: v.opts.Timeout, AllowLoopback: v.opts.InsecureLoopback})
	return v, nil
}

func (v *Siteverify) resolve() error {
	o := &v.opts
	if o.Action == "" {
		o.Action = defaultAction
	}
	if o.MinScore == 0 {
		o.MinScore = defaultScore
	}
	if o.Endpoint == "" {
		o.Endpoint = v.known.endpoint
	}
	if o.Timeout == 0 {
		o.Timeout = defaultCaptchaTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	at, err := url.Parse(o.Endpoint)
	switch {
	case v.test && !o.InsecureTestSecret:
		return errors.New("abuse: Secret is one that the provider publishes for tests: everybody passes with it")
	case len(o.Hostnames) == 0 || slices.Contains(o.Hostnames, ""):
		return errors.New("abuse: Hostnames is missing or holds an empty name")
	case o.MinScore < 0 || o.MinScore > 1:
		return errors.New("abuse: MinScore must be from 0 to 1")
	case o.Timeout < time.Millisecond || o.Timeout > time.Minute:
		return errors.New("abuse: Timeout must be from 1 millisecond to 1 minute")
	case err != nil || at.Host == "" || at.Scheme != "https" && (at.Scheme != "http" || !o.InsecureLoopback):
		return errors.New("abuse: Endpoint must be an https URL")
	}
	return nil
}

// Format hides the secret from every verb.
func (v *Siteverify) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte("siteverify " + v.opts.Provider))
}

// LogValue hides the secret from slog.
func (v *Siteverify) LogValue() slog.Value { return slog.StringValue("siteverify " + v.opts.Provider) }

// Widget says what a page needs to show a challenge.
func (v *Siteverify) Widget() Widget { return Widget{v.opts.Provider, v.opts.SiteKey} }
