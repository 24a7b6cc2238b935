package oauth

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// algorithms are those that an ID token may be signed with. "none" and HMAC, whose key the client knows too, are not among them.
var algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// metadata is what a provider says about itself (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2).
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	KeySet        string   `json:"jwks_uri"`
	UserInfo      string   `json:"userinfo_endpoint"`
	ResponseTypes []string `json:"response_types_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	SendsIssuer   bool     `json:"authorization_response_iss_parameter_supported"`
}

// place says where metadata comes from and what it may name.
type place struct {
	// issuer is what the document must say, byte for byte.
	issuer string
	// discovery is its URL.
	discovery string
	// hosts may hold endpoints beside the issuer's own host.
	hosts []string
	// loopback admits endpoints on this machine, over http too.
	loopback bool
}

// check refuses metadata that is not the configured issuer's or that would make the flow weaker.
func (m *metadata) check(at place) error {
	own, err := url.Parse(at.discovery)
	if err != nil {
		return Refuse("the issuer is not a URL")
	}
	if m.Issuer != at.issuer {
		return Refuse("the metadata names another issuer than the configured one")
	}
	endpoints := []string{m.Authorization, m.Token, m.KeySet}
	if m.UserInfo != "" {
		endpoints = append(endpoints, m.UserInfo)
	}
	for _, e := range endpoints {
		u, err := url.Parse(e)
		switch {
		case err != nil || !isSecure(u, at.loopback) || u.User != nil || u.Fragment != "":
			return Refuse("the metadata names an endpoint that is not https")
		case u.Host != own.Host && !slices.Contains(at.hosts, u.Host):
			return Refuse("the metadata names an endpoint on a host that is not the provider's")
		}
	}
	switch {
	case m.ResponseTypes != nil && !slices.Contains(m.ResponseTypes, "code"):
		return Refuse("the provider answers no codes")
	case m.Challenges != nil && !slices.Contains(m.Challenges, "S256"):
		return Refuse("the provider does not take PKCE with S256")
	case len(m.algorithms()) == 0:
		return Refuse("the provider signs with no algorithm that is accepted")
	case m.AuthMethods != nil && m.authStyle(true) == oauth2.AuthStyleAutoDetect:
		return Refuse("the provider takes no client secret in a way that is known")
	}
	return nil
}

// weaker reports whether m gives up what the document before it promised.
func (m *metadata) weaker(than *metadata) bool {
	return than.SendsIssuer && !m.SendsIssuer || slices.Contains(than.Challenges, "S256") && !slices.Contains(m.Challenges, "S256")
}

// algorithms are those that the provider signs with and that are accepted. RS256 is the one that must be supported.
func (m *metadata) algorithms() []string {
	if m.Algorithms == nil {
		return []string{"RS256"}
	}
	return slices.DeleteFunc(slices.Clone(algorithms), func(a string) bool { return !slices.Contains(m.Algorithms, a) })
}

// authStyle is how the client secret is sent. The choice is never left to trial and error, which would send code and verifier twice.
func (m *metadata) authStyle(secret bool) oauth2.AuthStyle {
	switch {
	case !secret:
		return oauth2.AuthStyleInParams
	case m.AuthMethods == nil || slices.Contains(m.AuthMethods, "client_secret_basic"):
		return oauth2.AuthStyleInHeader
	case slices.Contains(m.AuthMethods, "client_secret_post"):
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleAutoDetect
}

// isSecure reports whether a URL is absolute and https, or, where loopback is admitted, http to this machine.
func isSecure(u *url.URL, loopback bool) bool {
	if u.Hostname() == "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

const (
	// metadataLife is how long metadata is used before it is read again.
	metadataLife = 24 * time.Hour
	// failureWait is how long a failed reading is not repeated.
	failureWait = 5 * time.Second
)

// discovered keeps the metadata of one provider. What was good stays in use while a newer document is not.
type discovered struct {
	place  place
	client *http.Client
	now    func() time.Time

	turn   chan struct{} // holds one token; whoever has it may touch the rest
	good   *metadata
	read   time.Time
	failed time.Time
	err    error
}

func newDiscovered(at place, client *http.Client, now func() time.Time) *discovered {
	d := &discovered{place: at, client: client, now: now, turn: make(chan struct{}, 1)}
	d.turn <- struct{}{}
	return d
}

// get answers the metadata, reading it where need be. Callers at once wait for one reading.
func (d *discovered) get(ctx context.Context) (*metadata, error) {
	select {
	case <-d.turn:
	case <-ctx.Done():
		return nil, down(ctx.Err())
	}
	defer func() { d.turn <- struct{}{} }()
	now := d.now()
	if d.good != nil && now.Sub(d.read) < metadataLife {
		return d.good, nil
	}
	if d.err == nil || now.Sub(d.failed) >= failureWait {
		d.refresh(context.WithoutCancel(ctx), now)
	}
	if d.good != nil {
		return d.good, nil
	}
	return nil, d.err
}

func (d *discovered) refresh(ctx context.Context, now time.Time) {
	var m metadata
	_, err := fetch(ctx, d.client, d.place.discovery, "", maxMetadata, &m)
	if err == nil {
		err = m.check(d.place)
	}
	if err == nil && d.good != nil && m.weaker(d.good) {
		err = Refuse("the metadata promises less than before")
	}
	if err != nil {
		d.err, d.failed = err, now
		return
	}
	d.good, d.read, d.err = &m, now, nil
}
