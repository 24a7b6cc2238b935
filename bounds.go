package auth

import (
	"context"

	"github.com/crafteasy/auth/internal/bounded"
	"github.com/crafteasy/auth/internal/outbound"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/user"
)

// bound gives what the host has written, and requests wait for, a deadline for each call.
func (c *Config) bound() {
	c.Store = bounded.Store(c.Store)
	if c.KV != nil {
		c.KV = bounded.KV(c.KV)
	}
	if c.Users != nil {
		c.Users = bounded.Users(c.Users)
	}
	if claims := c.Claims; claims != nil {
		c.Claims = func(ctx context.Context, u user.User) (map[string]any, error) {
			return bounded.Call(ctx, func(ctx context.Context) (map[string]any, error) { return claims(ctx, u) })
		}
	}
	if may := c.MayGrant; may != nil {
		c.MayGrant = func(ctx context.Context, u user.User, scopes []string) error {
			_, err := bounded.Call(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, may(ctx, u, scopes) })
			return err
		}
	}
}

// ownProvider is a provider that the host has written. It may take as long as this library waits for the others.
type ownProvider struct{ oauth.Provider }

func (p ownProvider) AuthURL(ctx context.Context, r oauth.Request) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, outbound.DefaultTimeout)
	defer cancel()
	return p.Provider.AuthURL(ctx, r)
}

func (p ownProvider) Exchange(ctx context.Context, r oauth.Response) (oauth.UserInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, outbound.DefaultTimeout)
	defer cancel()
	return p.Provider.Exchange(ctx, r)
}
