package bounded

import (
	"context"

	"github.com/crafteasy/auth/abuse"
)

// locks keeps failed guesses.
type locks struct{ abuse.Store }

func (s *locks) Lock(ctx context.Context, subject string) (abuse.Lock, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Lock(ctx, subject)
}

func (s *locks) Swap(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Swap(ctx, subject, from, to)
}

func (s *locks) Clear(ctx context.Context, subject string) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Clear(ctx, subject)
}
