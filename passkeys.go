package auth

import (
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/webauthn"
)

// Passkeys sets sign-in by passkey. The zero value is the recommended setting, where the host of the issuer is a domain: passkeys belong
// to no address, so that they are off for an issuer such as http://127.0.0.1:8080 that says nothing here.
type Passkeys struct {
	// Off offers no passkeys.
	Off bool
	// RPID is the domain that passkeys belong to. It can never be changed without losing them all. Default: the host of Issuer.
	RPID string
	// RPName is the service's name as authenticators show it. Default: AppName.
	RPName string
	// Origins are the origins of the pages that use passkeys: https, at RPID or below it, compared byte by byte. http is for
	// localhost. Default: the origin of Issuer.
	Origins []string
	// RelatedOrigins are such origins on other domains. Browsers ask https://<RPID>/.well-known/webauthn for them:
	// [Auth.WellKnown]. Default: none.
	RelatedOrigins []string
	// AllowWithoutVerification accepts passkeys that did not verify their user by a finger or a PIN. They are one factor: a sign-in
	// with one asks for another factor where the user has any. Default: refused.
	AllowWithoutVerification bool
}

// given reports whether anything is set.
func (p *Passkeys) given() bool {
	return p.RPID != "" || p.RPName != "" || len(p.Origins) > 0 || len(p.RelatedOrigins) > 0 || p.AllowWithoutVerification
}

// hasPasskeys reports whether passkeys are on. Whether what is set for them holds is told when they are made.
func (c *Config) hasPasskeys() bool {
	return !c.Passkeys.Off && (c.Passkeys.given() || webauthn.CheckRPID(c.base.Hostname()) == nil)
}

// wirePasskeys makes passkeys a first and a second factor.
func (a *Auth) wirePasskeys() (err error) {
	c, p := &a.config, a.config.Passkeys
	if !c.hasPasskeys() {
		return nil
	}
	if p.RPID == "" {
		p.RPID = c.base.Hostname()
	}
	if p.RPName == "" {
		p.RPName = c.AppName
	}
	if len(p.Origins) == 0 {
		p.Origins = []string{c.origin()}
	}
	a.passkeys, err = webauthn.New(c.Store.Passkeys(), a.kv, a.users, a.sessions, webauthn.Options{
		RPID: p.RPID, RPName: p.RPName, Origins: p.Origins, RelatedOrigins: p.RelatedOrigins,
		AllowWithoutVerification: p.AllowWithoutVerification, Outbox: a.outbox, Audit: a.recorder, Now: c.Now,
	})
	if err != nil {
		return fmt.Errorf("auth: Config.Passkeys: %w", err)
	}
	if err := a.sessions.RegisterFirst(a.passkeys); err != nil {
		return err
	}
	a.routes = append(a.routes, a.passkeys.Routes()...)
	return a.sessions.RegisterSecond(session.ByCredential, a.passkeys)
}

// WellKnown serves /.well-known/webauthn, where browsers look for the origins that may use the passkeys of this domain (WebAuthn Level 3,
// section 5.11.1), and with [Config.M2M] /.well-known/oauth-authorization-server, where clients look for the token endpoint (RFC 8414).
// Mount it at "/.well-known/" of the root of the relying party id.
func (a *Auth) WellKnown() http.Handler {
	if a.config.Disabled {
		return a.handler
	}
	h, err := a.mount("", a.wellKnownRoutes())
	if err != nil {
		panic("auth: " + err.Error()) // they are constant
	}
	return h
}

func (a *Auth) wellKnownRoutes() []web.Route {
	var routes []web.Route
	if a.passkeys != nil {
		routes = append(routes, web.Route{
			Method: http.MethodGet, Pattern: "/.well-known/webauthn", Demand: web.Public, Endpoint: web.NoBody(a.originsHTTP),
		})
	}
	if a.apiKeys != nil {
		routes = append(routes, a.apiKeys.WellKnown()...)
	}
	return routes
}

func (a *Auth) originsHTTP(w http.ResponseWriter, _ *http.Request) error {
	b, err := json.Marshal(map[string][]string{"origins": a.passkeys.Origins()})
	if err != nil {
		return problem.ErrInternal.Wrap(err)
	}
	web.SetHeaders(w.Header())
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b)
	return nil
}
