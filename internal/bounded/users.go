package bounded

import (
	"context"

	"github.com/crafteasy/auth/user"
)

// users keeps accounts.
type users struct{ user.Store }

func (s *users) ByID(ctx context.Context, id string) (user.User, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.ByID(ctx, id)
}

func (s *users) Find(ctx context.Context, id user.Identifier) (user.User, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Find(ctx, id)
}

func (s *users) Create(ctx context.Context, n user.NewUser) (user.User, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Create(ctx, n)
}

func (s *users) SetIdentifier(ctx context.Context, userID string, id user.Identifier) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.SetIdentifier(ctx, userID, id)
}
