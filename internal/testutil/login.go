package testutil

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// SignIn walks through the provider's pages as a browser would: it opens the authorization URL, signs in as name,
// agrees to everything, and returns the URL that the provider sends the browser back to, which it does not open.
func (p *Provider) SignIn(tb testing.TB, authorizationURL, name string) *url.URL {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	b := &browser{
		tb: tb, name: name,
		client: http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
	at, err := url.Parse(authorizationURL)
	if err != nil {
		tb.Fatal(err)
	}
	home := at.Host
	next := b.get(at)
	for range 20 { // redirects and pages of one sign-in
		if next.URL.Host != home {
			return next.URL
		}
		next = b.follow(next)
	}
	tb.Fatalf("the provider keeps asking: %s", next.URL)
	return nil
}

// browser is as much of one as a sign-in needs.
type browser struct {
	tb     testing.TB
	client http.Client
	name   string
}

func (b *browser) get(u *url.URL) *http.Request {
	b.tb.Helper()
	return b.request(http.MethodGet, u, nil)
}

// follow sends a request and returns the one that its answer asks for: a redirect or a filled-in form.
func (b *browser) follow(req *http.Request) *http.Request {
	b.tb.Helper()
	res, err := b.client.Do(req)
	if err != nil {
		b.tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if at, err := res.Location(); err == nil {
		return b.get(at)
	}
	page, err := html.Parse(res.Body)
	if err != nil {
		b.tb.Fatal(err)
	}
	for n := range page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" {
			return b.submit(req.URL, n)
		}
	}
	b.tb.Fatalf("%s: status %d and no form", req.URL, res.StatusCode)
	return nil
}

// submit fills in a form of the page at a URL.
func (b *browser) submit(page *url.URL, form *html.Node) *http.Request {
	b.tb.Helper()
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || n.Data != "input" {
			continue
		}
		switch name := attribute(n, "name"); name {
		case "login", "username":
			values.Set(name, b.name)
		case "password":
			values.Set(name, password)
		default:
			values.Set(name, attribute(n, "value"))
		}
	}
	action, err := page.Parse(attribute(form, "action"))
	if err != nil {
		b.tb.Fatal(err)
	}
	return b.request(http.MethodPost, action, values)
}

func (b *browser) request(method string, u *url.URL, form url.Values) *http.Request {
	b.tb.Helper()
	req, err := http.NewRequestWithContext(b.tb.Context(), method, u.String(), strings.NewReader(form.Encode()))
	if err != nil {
		b.tb.Fatal(fmt.Errorf("%s: %w", u, err))
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req
}

// attribute returns the value of an attribute, or nothing.
func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
