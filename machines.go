package auth

import (
	"fmt"

	"github.com/crafteasy/auth/apikey"
)

// wireAPIKeys lets machines in, where the store keeps API keys.
func (a *Auth) wireAPIKeys() error {
	c := &a.config
	view, ok := c.Store.(interface{ APIKeys() apikey.Store })
	if !ok || view.APIKeys() == nil {
		if c.M2M {
			return refuse("M2M", "is set, and Store keeps no API keys")
		}
		return nil
	}
	ring, err := a.ring()
	if err != nil {
		return err
	}
	a.apiKeys, err = apikey.New(view.APIKeys(), a.kv, a.users, a.sessions, ring, apikey.Options{
		Issuer: c.Issuer, Path: c.Path, M2M: c.M2M, Leeway: a.tokens.Leeway(), MayGrant: c.MayGrant,
		Guard: a.guard, Outbox: a.outbox, Audit: a.recorder, Now: c.Now,
	})
	if err != nil {
		return fmt.Errorf("auth: Config.M2M: %w", err)
	}
	a.routes = append(a.routes, a.apiKeys.Routes()...)
	return nil
}

// APIKeys are the verbs of API keys, for hosts with an administration of their own; nil while authentication is disabled, or where
// the store keeps none.
func (a *Auth) APIKeys() *apikey.Service { return a.apiKeys }
