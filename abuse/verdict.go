package abuse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/internal/outbound"
)

const (
	maxVerdict = 16 << 10
	// challengeLife is how old a solved challenge may be, and providerSkew how far ahead the provider's clock.
	challengeLife = 5 * time.Minute
	providerSkew  = 2 * time.Minute
)

// verdict is what siteverify answers. Nothing but the JSON value true is a success.
type verdict struct {
	Success     bool     `json:"success"`
	ChallengeTS string   `json:"challenge_ts"`
	Hostname    string   `json:"hostname"`
	Action      string   `json:"action"`
	CData       string   `json:"cdata"`
	Score       *float64 `json:"score"`
	Codes       []string `json:"error-codes"` //nolint:tagliatelle // the providers' name
}

// Verify asks the provider ([Captcha]). What is not an answer in the provider's own form, by status 200 and in time, is no verdict.
func (v *Siteverify) Verify(ctx context.Context, token string) error {
	form := url.Values{"secret": {string(v.opts.Secret.Reveal())}, "response": {token}}
	if v.known.siteKey && v.opts.SiteKey != "" {
		form.Set("sitekey", v.opts.SiteKey)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.opts.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return errors.New("captcha: the request cannot be made")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.client.Do(req) //nolint:bodyclose // outbound.ReadAll closes it
	if err != nil {
		_, err = outbound.Cause(err)
		return fmt.Errorf("captcha: %w", err)
	}
	body, err := outbound.ReadAll(resp, maxVerdict)
	if err != nil {
		return fmt.Errorf("captcha: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("captcha: the provider answers %d", resp.StatusCode)
	}
	var a verdict
	if err := json.Unmarshal(body, &a); err != nil {
		return errors.New("captcha: the provider answers something else than a verdict")
	}
	return v.judge(a)
}

// judge decides about a verdict that was understood. With a test secret there is nothing but a yes or no.
func (v *Siteverify) judge(a verdict) error {
	if !a.Success && !blamesToken(a.Codes) {
		return errors.New("captcha: the provider does not accept the request; is the secret right?")
	}
	at, err := time.Parse(time.RFC3339, a.ChallengeTS)
	age := v.opts.Now().Sub(at)
	reason := ""
	switch {
	case !a.Success:
		reason = "the provider says no"
	case v.test:
	case !slices.ContainsFunc(v.opts.Hostnames, func(h string) bool { return strings.EqualFold(h, a.Hostname) }):
		reason = "the challenge was shown on another host"
	case a.Action != "" && a.Action != v.opts.Action, a.CData != "":
		reason = "the challenge was for something else"
	case err != nil, age > challengeLife, age < -providerSkew:
		reason = "the challenge is too old"
	case a.Score != nil && *a.Score < v.opts.MinScore:
		reason = "the score is too low"
	}
	if reason == "" {
		return nil
	}
	return ErrCaptchaFailed.Wrap(errors.New(reason))
}
