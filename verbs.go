package auth

import (
	"context"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/sender"
)

// EndSessions ends every session of the user at once, on every instance, service tokens of the user's API keys included. A host that
// disables a user in its own table calls it too. The owner is told. Like the verbs below it knows ids alone: one that no account has is no
// error.
func (a *Auth) EndSessions(ctx context.Context, userID string) error {
	if a.config.Disabled {
		return errDisabled
	}
	if err := a.sessions.EndAll(ctx, userID, ""); err != nil {
		return err
	}
	a.tell(ctx, userID, sender.SessionsEnded, "")
	return nil
}

// EndEverything ends every session of every user at once, on every instance.
func (a *Auth) EndEverything(ctx context.Context) error {
	if a.config.Disabled {
		return errDisabled
	}
	return a.sessions.EndEverything(ctx)
}

// ResetSecondFactor removes all second factors and recovery codes of a user who has lost them, and ends every session. Call it
// only after proofing as strong as enrolment was: from then on the first factor alone signs in. reason is told to the owner and kept
// with the event. What fails half way, with the code unavailable, is to be called again.
func (a *Auth) ResetSecondFactor(ctx context.Context, userID, reason string) error {
	if a.config.Disabled {
		return errDisabled
	}
	if a.passkeys != nil {
		if err := a.passkeys.Retire(ctx, userID); err != nil {
			return err
		}
	}
	if err := a.sessions.ResetSecondFactors(ctx, userID); err != nil {
		return err
	}
	a.recorder.Record(ctx, audit.Event{
		Name: "user.second_factors_reset", Outcome: audit.Success, UserID: userID, Actor: "host", Fields: map[string]string{"reason": reason},
	})
	a.tell(ctx, userID, sender.AccountReset, reason)
	return nil
}

// Forget erases all that is kept of the user beside the account itself, and ends every session. Call it before the account is
// deleted; what fails half way, with the code unavailable, is to be called again. The owner is told at the end.
func (a *Auth) Forget(ctx context.Context, userID string) error {
	if a.config.Disabled {
		return errDisabled
	}
	if err := a.sessions.Forget(ctx, userID); err != nil {
		return err
	}
	if a.apiKeys != nil {
		if err := a.apiKeys.Forget(ctx, userID); err != nil {
			return err
		}
	}
	if a.oauth != nil {
		if err := a.oauth.Forget(ctx, userID); err != nil {
			return err
		}
	}
	a.recorder.Record(ctx, audit.Event{Name: "user.forgotten", Outcome: audit.Success, UserID: userID, Actor: "host"})
	a.tell(ctx, userID, sender.AccountErased, "")
	return nil
}

// Preview writes a message with sample data, as it would be sent in the language (a BCP 47 tag; empty for the default): for a page on
// which a host looks at its templates.
func (a *Auth) Preview(ctx context.Context, c sender.Channel, k sender.Kind, language string) (sender.Message, error) {
	if a.config.Disabled {
		return sender.Message{}, errDisabled
	}
	return a.messages.Preview(ctx, c, k, language)
}

// tell sends the owner a notice where the account is still known.
func (a *Auth) tell(ctx context.Context, userID string, kind sender.Kind, detail string) {
	if u, err := a.users.ByID(ctx, userID); err == nil {
		a.outbox.Notice(ctx, u, kind, sender.Data{Detail: detail, When: a.config.Now()})
	}
}
