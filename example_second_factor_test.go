package auth_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// Whoever has lost the authenticator app and the recovery codes turns to support. What support does is one call.
func ExampleAuth_ResetSecondFactor() {
	ctx := context.Background()
	keys, err := jwt.GenerateKeys()
	if err != nil {
		panic(err)
	}
	store := memstore.New(nil)
	if err := store.PutUser(ctx, user.User{ID: "ada", Email: "ada@example.com", Scope: "system"}); err != nil {
		panic(err)
	}
	a, err := auth.New(auth.Config{
		Issuer: "https://example.com", Keys: keys, Secret: auth.NewSecret(), Store: store, Logger: slog.New(slog.DiscardHandler),
		Email: sender.EmailFunc(func(_ context.Context, m sender.Message) error { fmt.Println("to", m.To+":", m.Subject); return nil }),
		Audit: audit.SinkFunc(func(_ context.Context, e audit.Event) { fmt.Println("event", e.Name, "by", e.Actor) }),
		// Those who see everything must have a second factor; until they enrol one they can do nothing else.
		RequireSecondFactor: func(u user.User) bool { return u.Scope == "system" },
	})
	if err != nil {
		panic(err)
	}
	if err := a.ResetSecondFactor(ctx, "ada", "Phone lost; passport seen."); err != nil {
		panic(err)
	}
	if err := a.Close(ctx); err != nil { // sends what is waiting
		panic(err)
	}
	// Output:
	// event user.second_factors_reset by host
	// to ada@example.com: The second factor of your example.com account was reset
}
