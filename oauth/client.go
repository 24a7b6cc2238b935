package oauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/oauth2"

	"github.com/crafteasy/auth/internal/outbound"
	"github.com/crafteasy/auth/internal/problem"
)

// What is read of an answer at the most, in bytes.
const (
	maxMetadata = 64 << 10
	maxKeySet   = 256 << 10
	maxUserInfo = 64 << 10
	maxAnswer   = 512 << 10
)

// newClient makes the client for one provider.
func newClient(opts outbound.Options) *http.Client {
	c := outbound.New(opts)
	c.Transport = whole{c.Transport}
	return c
}

// whole reads an answer to its end, up to a size, before anybody sees it: libraries that read it for us lose the cause when it breaks off.
type whole struct{ next http.RoundTripper }

func (w whole) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	b, err := outbound.ReadAll(resp, maxAnswer)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return resp, nil
}

// CloseIdleConnections lets [http.Client.CloseIdleConnections] through.
func (w whole) CloseIdleConnections() { (&http.Client{Transport: w.next}).CloseIdleConnections() }

// fetch reads a JSON object of at most limit bytes. An answer that is no such thing is refused; one that does not come is unavailable.
func fetch(ctx context.Context, c *http.Client, endpoint, bearer string, limit int64, out any) (jsontext.Value, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return nil, Refuse("an endpoint is not a URL")
	}
	req.Header.Set("Accept", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := c.Do(req) //nolint:bodyclose // the caller closes it
	if err != nil {
		return nil, down(err)
	}
	b, err := outbound.ReadAll(resp, limit)
	switch {
	case err != nil:
		return nil, down(err)
	case outbound.Again(resp.StatusCode):
		return nil, problem.Unavailable(fmt.Errorf("oauth: the provider answers status %d", resp.StatusCode))
	case resp.StatusCode != http.StatusOK:
		return nil, Refuse(fmt.Sprintf("the provider answers status %d", resp.StatusCode))
	}
	if err := json.Unmarshal(b, out); err != nil {
		return nil, Refuse("an answer is not the JSON that it should be")
	}
	return b, nil
}

// down turns the failure of a call into unavailable, without the URL. An answer that is too large is one.
func down(err error) error {
	if errors.Is(err, outbound.ErrTooLarge) {
		return Refuse("an answer is too large")
	}
	_, cause := outbound.Cause(err)
	return problem.Unavailable(fmt.Errorf("oauth: calling the provider: %w", cause))
}

// exchange spends the code at the token endpoint. The error holds nothing of what the provider answered.
func exchange(ctx context.Context, c *http.Client, conf *oauth2.Config, r Response) (*oauth2.Token, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, c)
	token, err := conf.Exchange(ctx, r.Code, oauth2.VerifierOption(r.Verifier))
	if err == nil {
		return token, nil
	}
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && e.Response != nil {
		if outbound.Again(e.Response.StatusCode) {
			return nil, problem.Unavailable(fmt.Errorf("oauth: the token endpoint answers status %d", e.Response.StatusCode))
		}
		return nil, Refuse(fmt.Sprintf("the token endpoint refused the code with status %d", e.Response.StatusCode))
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return nil, down(err)
	}
	return nil, Refuse("the token endpoint answered something else than a token")
}
