package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"

	"github.com/crafteasy/auth/internal/clientip"
	"github.com/crafteasy/auth/internal/message"
	"github.com/crafteasy/auth/internal/outbox"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/turns"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/otp"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
)

// turnsPerProcessor is how many requests below the mount point are served at a time, for each processor. All of them together are done
// within the deadlines of the stores, even when each needs the curve; with a store that is 20 milliseconds away they still keep a
// processor busy.
const turnsPerProcessor = 128

var errCrowded = errors.New("auth: too many requests at a time")

// wire builds the floors from the ground up.
func (a *Auth) wire(further []func(*Auth) error) error {
	clients, err := clientip.New(a.config.TrustedProxies)
	if err != nil {
		return fmt.Errorf("auth: Config.TrustedProxies: %w", err)
	}
	a.host = &web.Host{ClientIP: clients.From, Refused: a.refused, Now: a.config.Now, WriteError: nil}
	if a.config.CookieMode {
		if a.host.Cookie, err = web.NewCookie(a.config.Namespace, a.config.origin()); err != nil {
			return fmt.Errorf("auth: Config.Issuer: %w", err)
		}
	}
	if observe := a.config.Observe; observe != nil {
		a.host.Observe = observe
	}
	if write := a.config.ErrorWriter; write != nil {
		a.host.WriteError = web.ErrorWriter(write)
	}
	if a.config.Disabled {
		return a.wireDisabled()
	}
	a.turns = turns.New(turnsPerProcessor*runtime.GOMAXPROCS(0), errCrowded)
	steps := []func(*Auth) error{
		(*Auth).wireBase, (*Auth).wireSessions, (*Auth).wireCodes,
		(*Auth).wirePasskeys, (*Auth).wireTOTP, (*Auth).wireAPIKeys, (*Auth).wireProviders,
	}
	for _, step := range append(append(steps, further...), (*Auth).wireRoutes) {
		if err := step(a); err != nil {
			a.abandon()
			return err
		}
	}
	return nil
}

// abandon stops what was started for an Auth that is not to be.
func (a *Auth) abandon() {
	if a.outbox != nil {
		a.outbox.Abandon()
	}
	if a.sessions != nil {
		_ = a.sessions.Close(context.Background()) // it answers whoever asks, and nobody does
	}
}

func (a *Auth) wireBase() (err error) {
	c := &a.config
	a.users, a.kv = c.Users, c.KV
	if a.users == nil {
		a.users = c.Store.Users()
	}
	if a.kv == nil {
		a.kv = c.Store.KV()
	} else if c.Namespace != "" {
		a.kv = kv.Prefixed(a.kv, c.Namespace+":")
	}
	a.tokens, err = jwt.New(c.Keys, jwt.Options{
		Issuer: c.Issuer, Audience: c.Audience, Secret: c.Secret, PreviousSecrets: c.PreviousSecrets, Leeway: c.Leeway, Now: c.Now,
	})
	if err != nil {
		return fmt.Errorf("auth: Config.Keys, Audience or Leeway: %w", err)
	}
	a.messages, err = message.New(message.Options{
		AppName: c.AppName, Origin: c.Issuer, Domain: c.base.Hostname(), Renderer: c.Renderer, Templates: c.Templates, Languages: c.Languages,
	})
	if err != nil {
		return fmt.Errorf("auth: Config.Templates or Languages: %w", err)
	}
	speaks := c.Language
	if speaks == nil {
		speaks = func(_ context.Context, _, accept string) string { return a.messages.Language(accept) }
	}
	a.outbox = outbox.New(outbox.Options{
		Email: c.Email, SMS: c.SMS, Renderer: a.messages, Language: speaks, Audit: a.recorder, Observe: c.Observe, Log: c.Logger,
		Admit: func(ctx context.Context, to user.Identifier) error { return a.guard.Notice(ctx, to) },
	})
	ring, err := secret.NewRing(c.Secret, c.PreviousSecrets...)
	if err != nil {
		return fmt.Errorf("auth: Config.Secret: %w", err)
	}
	a.ring = ring.In(c.Namespace)
	return a.wireGuard()
}

func (a *Auth) wireSessions() (err error) {
	c := &a.config
	a.sessions, err = session.New(a.tokens, c.Store.Sessions(), a.kv, a.users, session.Options{
		TokenLife: c.TokenLife, Lifetime: c.SessionLife, MaxSessions: c.MaxSessions, RevocationLag: c.RevocationLag,
		RequireSecondFactor: c.RequireSecondFactor, Claims: c.Claims, Notice: a.outbox.Notice,
		Guard: a.guard, Audit: a.recorder, Log: c.Logger, Host: a.host, Now: c.Now,
	})
	if errors.Is(err, session.ErrNoFeed) {
		return refuse("RevocationLag", "needs a Store whose sessions are a session.Feed: it could not learn what other instances end")
	}
	if err != nil {
		return fmt.Errorf("auth: Config.TokenLife, SessionLife, MaxSessions or RevocationLag: %w", err)
	}
	return nil
}

func (a *Auth) wireCodes() (err error) {
	c := &a.config
	serve := func(string) bool { return false }
	if c.SMS != nil {
		if serve, err = phoneFilter(c.SMSCountries); err != nil {
			return err
		}
	}
	open := c.Profile != ProfileStrict
	a.codes, err = otp.New(a.kv, a.users, a.sessions, a.ring, otp.Options{
		Email: open && c.Email != nil, SMS: open && c.SMS != nil, ChangeEmail: c.Email != nil, ChangeSMS: c.SMS != nil, Serve: serve, ParsePhone: c.ParsePhone,
		Length: c.Codes.Length, TTL: c.Codes.TTL, MaxAttempts: c.Codes.MaxAttempts, RequireChallenge: c.Codes.RequireChallenge,
		SignUp: c.SignUp, Guard: a.guard, Outbox: a.outbox, Audit: a.recorder, Now: c.Now,
	})
	if err != nil {
		return fmt.Errorf("auth: Config.Codes: %w", err)
	}
	return errors.Join(a.sessions.RegisterFirst(a.codes), a.sessions.RegisterMessenger(a.codes))
}

// wireTOTP makes the authenticator app a second factor. It needs nothing that could be missing, so it is always offered.
func (a *Auth) wireTOTP() (err error) {
	c := &a.config
	issuer := c.TOTPIssuer
	if issuer == "" {
		issuer = c.AppName
	}
	a.totp, err = totp.New(c.Store.TOTP(), a.kv, a.users, a.sessions, a.ring, totp.Options{
		Issuer: issuer, Outbox: a.outbox, Audit: a.recorder, Now: c.Now,
	})
	if err != nil {
		return fmt.Errorf("auth: Config.TOTPIssuer: %w", err)
	}
	return a.sessions.RegisterSecond(session.ByCode, a.totp)
}

// phoneFilter answers which numbers are sent to. A number of no country is served by no list.
func phoneFilter(countries []string) (func(string) bool, error) {
	if slices.Equal(countries, []string{"*"}) {
		return func(e164 string) bool { return len(user.PhoneCountries(e164)) > 0 }, nil
	}
	served := map[string]bool{}
	for _, iso := range countries {
		if !user.IsCountry(iso) {
			return nil, refuse("SMSCountries", `must hold ISO 3166 codes such as "SE", or "*" alone`)
		}
		served[iso] = true
	}
	return func(e164 string) bool {
		return slices.ContainsFunc(user.PhoneCountries(e164), func(iso string) bool { return served[iso] })
	}, nil
}

// wireRoutes closes the registries and mounts every route behind its demand.
func (a *Auth) wireRoutes() (err error) {
	a.sessions.Seal()
	a.routes = slices.Concat(a.routes, a.ownRoutes(), a.sessions.Routes(), a.codes.Routes(), a.totp.Routes())
	a.handler, err = a.mount(a.config.Path, a.routes)
	return err
}

func (a *Auth) mount(at string, routes []web.Route) (http.Handler, error) {
	return web.Mount(web.Mounting{
		Path: at, Judge: a.judge, Alive: a.alive, Turns: a.turns, Open: &a.open, Limit: a.limit, Host: a.host, Log: a.config.Logger,
	}, routes)
}
