package auth

import (
	"context"
	"time"

	"github.com/crafteasy/auth/internal/bounded"
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

// exchangeTime is how long a provider of the host's own may take: as long as those of this library wait for one.
const exchangeTime = 10 * time.Second

// ownProvider is a provider that the host has written.
type ownProvider struct{ oauth.Provider }

func (p ownProvider) AuthURL(ctx context.Context, r oauth.Request) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	return p.Provider.AuthURL(ctx, r)
}

func (p ownProvider) Exchange(ctx context.Context, r oauth.Response) (oauth.UserInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	return p.Provider.Exchange(ctx, r)
}
