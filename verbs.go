package auth

import (
	"context"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/sender"
)

// EndSessions ends every session of the user at once, on every instance, service tokens of the user's API keys included. A host that
// disables a user in its own table calls it too. The owner is told.
func (a *Auth) EndSessions(ctx context.Context, userID string) error {
	if a.config.Disabled {
		return errDisabled
	}
	if err := a.sessions.EndAll(ctx, userID, ""); err != nil {
		return err
	}
	a.tell(ctx, userID, sender.SessionsEnded)
	return nil
}

// EndEverything ends every session of every user at once, on every instance.
func (a *Auth) EndEverything(ctx context.Context) error {
	if a.config.Disabled {
		return errDisabled
	}
	return a.sessions.EndEverything(ctx)
}

// Forget erases all that is kept of the user beside the account itself, and ends every session. Call it before the account is
// deleted. The owner is told.
func (a *Auth) Forget(ctx context.Context, userID string) error {
	if a.config.Disabled {
		return errDisabled
	}
	a.tell(ctx, userID, sender.AccountErased)
	if err := a.sessions.Forget(ctx, userID); err != nil {
		return err
	}
	a.recorder.Record(ctx, audit.Event{Name: "user.forgotten", Outcome: audit.Success, UserID: userID, Actor: "host"})
	return nil
}

// tell sends the owner a notice where the account is still known.
func (a *Auth) tell(ctx context.Context, userID string, kind sender.Kind) {
	if u, err := a.users.ByID(ctx, userID); err == nil {
		a.outbox.Notice(ctx, u, kind, sender.Data{When: a.config.Now()})
	}
}
