package auth

import (
	"fmt"

	"github.com/crafteasy/auth/apikey"
)

// wireAPIKeys lets machines in.
func (a *Auth) wireAPIKeys() (err error) {
	c := &a.config
	a.apiKeys, err = apikey.New(c.Store.APIKeys(), a.kv, a.users, a.sessions, a.ring, apikey.Options{
		Issuer: c.Issuer, Path: c.Path, M2M: c.M2M, Leeway: a.tokens.Leeway(), MayGrant: c.MayGrant,
		Guard: a.guard, Outbox: a.outbox, Audit: a.recorder, Now: c.Now,
	})
	if err != nil {
		return fmt.Errorf("auth: Config.M2M: %w", err)
	}
	a.routes = append(a.routes, a.apiKeys.Routes()...)
	return nil
}

// APIKeys are the verbs of API keys, for hosts with an administration of their own; nil while authentication is disabled.
func (a *Auth) APIKeys() *apikey.Service { return a.apiKeys }
