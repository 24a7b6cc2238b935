package main

import (
	"crypto/hkdf"
	"crypto/sha256"
	"net/http"
	"net/url"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
)

// demoPath is where the demo provider serves.
const demoPath = "/dev/provider"

// providers offers the demo provider while no mail or SMS provider is configured: it believes whatever address is typed.
func (a *app) providers(c *auth.Config) error {
	if u, err := url.Parse(c.Issuer); err == nil && u.Scheme == "http" {
		c.OAuth.InsecureLoopback = true // an http issuer is on this machine, so its providers may be
	}
	if _, taken := c.OAuth.Providers["demo"]; c.Disabled || a.inbox == nil || taken {
		return nil
	}
	// Instances with one secret are one provider, as they are one service.
	shared, err := hkdf.Key(sha256.New, c.Secret.Reveal(), nil, "examples/server demo provider", 32)
	if err != nil {
		return err
	}
	path := c.Path
	if path == "" {
		path = "/auth"
	}
	a.demo = authtest.NewProvider(c.Issuer+demoPath, c.Issuer+path+"/oauth2/demo/callback")
	a.demo.Shared = shared
	p, err := oauth.NewProvider("demo", oauth.ProviderConfig{
		ClientID: a.demo.ClientID, ClientSecret: oauth.ClientSecret(a.demo.ClientSecret), Issuer: a.demo.Issuer,
	}, oauth.Environment{InsecureLoopback: true, InsecureTransport: a.demo, Now: c.Now})
	if err != nil {
		return err
	}
	c.OAuth.Own = append(c.OAuth.Own, p)
	a.made = append(a.made, "No mail or SMS provider is set: a demo provider signs in whoever names an address, at "+a.demo.Issuer+".")
	return nil
}

// mountDemo serves the demo provider. Its issuer may have a path of its own.
func (a *app) mountDemo(mux *http.ServeMux) {
	u, err := url.Parse(a.demo.Issuer)
	if err != nil {
		return // it was parsed before
	}
	mux.Handle(u.Path+"/", a.demo)
}
