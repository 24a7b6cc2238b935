package oauth

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/oauth2"

	"github.com/crafteasy/auth/user"
)

// openID is a provider that speaks OpenID Connect.
type openID struct {
	name     string
	clientID string
	secret   func() string // a closure, so that printing the provider cannot show it
	scopes   []string
	domains  []string
	client   *http.Client
	now      func() time.Time
	metadata *discovered

	// issuerOf answers what iss must be, for providers whose metadata holds a pattern. Default: the metadata's issuer.
	issuerOf func(c *claims) (string, error)
	// describe changes what the claims say by the rules of one provider. Default: nothing.
	describe func(c *claims, info *UserInfo) error

	mu   sync.Mutex
	keys map[string]*keySet // by URL
}

func newOpenID(name string, c ProviderConfig, base *url.URL, env Environment) (Provider, error) {
	return makeOpenID(name, c, base, env, place{issuer: c.Issuer, discovery: strings.TrimSuffix(c.Issuer, "/") + "/.well-known/openid-configuration"}), nil
}

func makeOpenID(name string, c ProviderConfig, base *url.URL, env Environment, at place) *openID {
	client, loopback := clientFor(base, env)
	at.hosts, at.loopback = c.Hosts, loopback
	scopes := c.Scopes
	if len(scopes) == 0 {
		scopes = []string{"openid", "email", "profile"}
	}
	secret := string(c.ClientSecret)
	return &openID{
		name: name, clientID: c.ClientID, secret: func() string { return secret }, scopes: scopes, domains: c.EmailDomains,
		client: client, now: env.Now, metadata: newDiscovered(at, client, env.Now), keys: map[string]*keySet{},
	}
}

// Name answers the name.
func (p *openID) Name() string { return p.name }

func (p *openID) config(m *metadata, redirect string) *oauth2.Config {
	secret := p.secret()
	return &oauth2.Config{
		ClientID: p.clientID, ClientSecret: secret, RedirectURL: redirect, Scopes: p.scopes,
		Endpoint: oauth2.Endpoint{AuthURL: m.Authorization, TokenURL: m.Token, AuthStyle: m.authStyle(secret != "")},
	}
}

// AuthURL asks for a code with state, nonce and the S256 challenge.
func (p *openID) AuthURL(ctx context.Context, r Request) (string, error) {
	m, err := p.metadata.get(ctx)
	if err != nil {
		return "", err
	}
	return p.config(m, r.RedirectURI).AuthCodeURL(r.State, oauth2.SetAuthURLParam("nonce", r.Nonce), oauth2.S256ChallengeOption(r.Verifier)), nil
}

// Exchange spends the code and verifies the ID token.
func (p *openID) Exchange(ctx context.Context, r Response) (UserInfo, error) {
	m, err := p.metadata.get(ctx)
	if err != nil {
		return UserInfo{}, err
	}
	// RFC 9207 section 2.4: an iss that is there is compared, one that is announced must be there.
	if (r.Issuer != "" || m.SendsIssuer) && r.Issuer != m.Issuer {
		return UserInfo{}, Refuse("the answer is another issuer's")
	}
	token, err := exchange(ctx, p.client, p.config(m, r.RedirectURI), r)
	if err != nil {
		return UserInfo{}, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return UserInfo{}, Refuse("the token endpoint answered no ID token")
	}
	want := expectation{
		clientID: p.clientID, nonce: r.Nonce, accessToken: token.AccessToken, issuer: m.Issuer,
		algorithms: m.algorithms(), keys: p.keySet(m.KeySet), now: p.now(),
	}
	if p.issuerOf != nil {
		want.issuer = ""
	}
	c, payload, err := want.verify(ctx, raw)
	if err != nil {
		return UserInfo{}, err
	}
	issuer := m.Issuer
	if p.issuerOf != nil {
		if issuer, err = p.issuerOf(&c); err != nil {
			return UserInfo{}, err
		}
		if c.Issuer != issuer {
			return UserInfo{}, Refuse("the ID token is another issuer's")
		}
	}
	return p.info(ctx, m, issuer, c, payload, token.AccessToken)
}

// info describes who signed in. Where the ID token says nothing of an address, userinfo may; its address and whether that is
// verified are taken together.
func (p *openID) info(ctx context.Context, m *metadata, issuer string, c claims, raw jsontext.Value, accessToken string) (UserInfo, error) {
	if m.UserInfo != "" && (c.Email == "" || c.EmailVerified == nil && p.describe == nil) {
		var more claims
		b, err := fetch(ctx, p.client, m.UserInfo, accessToken, maxUserInfo, &more)
		switch {
		case err != nil:
			return UserInfo{}, err
		case more.Subject != c.Subject:
			return UserInfo{}, Refuse("userinfo is about another subject")
		case more.Email != "":
			c.Email, c.EmailVerified, raw = more.Email, more.EmailVerified, b
		}
		if c.Name == "" {
			c.Name = more.Name
		}
		if c.Picture == "" {
			c.Picture = more.Picture
		}
	}
	info := UserInfo{
		Provider: p.name, Issuer: issuer, Subject: c.Subject, Email: c.Email, EmailVerified: c.Email != "" && isTrue(c.EmailVerified),
		Name: c.Name, Picture: c.Picture, Raw: raw,
	}
	if p.describe != nil {
		if err := p.describe(&c, &info); err != nil {
			return UserInfo{}, err
		}
	}
	if info.EmailVerified && slices.Contains(p.domains, domainOf(info.Email)) {
		info.Authoritative = true
	}
	return info, nil
}

// keySet answers the keys at a URL. One that the metadata no longer names is forgotten.
func (p *openID) keySet(at string) *keySet {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := p.keys[at]
	if !ok {
		k = newKeySet(at, p.client, p.now)
		p.keys = map[string]*keySet{at: k}
	}
	return k
}

// domainOf answers the domain of an address in normal form, or nothing.
func domainOf(email string) string {
	id, err := user.ParseEmail(email)
	if err != nil {
		return ""
	}
	return id.Value[strings.LastIndexByte(id.Value, '@')+1:]
}
