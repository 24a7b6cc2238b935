package totp

import (
	"context"
	"errors"
	"strings"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
)

// Names answers "totp", and "recovery_code" while one is left, for a user who has an authenticator (session.SecondFactor).
func (s *Service) Names(ctx context.Context, userID string) ([]string, error) {
	e, err := s.store.Load(ctx, userID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case len(e.Codes) == 0:
		return []string{Method}, nil
	}
	return []string{Method, MethodRecovery}, nil
}

// Begin does nothing: the app needs nothing to make a code (session.SecondFactor).
func (s *Service) Begin(context.Context, string) (any, error) { return nil, nil } //nolint:nilnil // there is nothing to send

// Verify checks a code of the authenticator or a recovery code, and uses it up (session.SecondFactor). The caller bounds guesses and
// records refusals. The owner is told of a recovery code: whoever used it has no authenticator at hand (NIST SP 800-63B-4 section
// 4.2). [ErrInvalidCode] covers every reason.
func (s *Service) Verify(ctx context.Context, userID string, proof session.Proof) (session.Factor, error) {
	f, left, err := s.check(ctx, userID, proof.Code)
	switch {
	case err != nil || f.Method != MethodRecovery:
	case left <= fewLeft:
		s.opts.Audit.Record(ctx, audit.Event{Name: "totp.recovery_codes_low", Outcome: audit.Success, UserID: userID, Method: MethodRecovery})
		s.tell(ctx, userID, sender.RecoveryCodesLow, sender.Data{Remaining: left})
	default:
		s.tell(ctx, userID, sender.SuspiciousSignIn, sender.Data{Detail: "with a recovery code"})
	}
	return f, err
}

// check uses a code up and answers what it proves, and how many recovery codes are left when it was one.
func (s *Service) check(ctx context.Context, userID, code string) (f session.Factor, left int, err error) {
	e, err := s.store.Load(ctx, userID)
	if errors.Is(err, ErrNotFound) {
		return f, 0, ErrInvalidCode
	}
	if err != nil {
		return f, 0, problem.Unavailable(err)
	}
	f.At = s.now()
	var ok bool
	if recovery, is := typedRecovery(code); is {
		f.Method = MethodRecovery
		left, ok, err = s.store.Spend(ctx, userID, e.ID, hashOf(userID, recovery))
	} else {
		f.Method = Method
		ok, err = s.advance(ctx, e, code)
	}
	switch {
	case err != nil:
		return session.Factor{}, 0, problem.Unavailable(err)
	case !ok:
		return session.Factor{}, 0, ErrInvalidCode
	}
	s.reseal(ctx, e)
	return f, left, nil
}

// reseal moves the secret of whoever has just proven something to the configured secret, so that an older one is needed no longer for them.
// A failure costs nobody the sign-in: the older one still opens it, and the next proof tries again.
func (s *Service) reseal(ctx context.Context, e Enrolment) {
	if fresh, older := s.keys.Reseal(e.Secret, owned(e.UserID, e.ID)); older {
		_, _ = s.store.Reseal(ctx, e.UserID, e.ID, e.Secret, fresh)
	}
}

// advance reports whether the code is that of a step which nobody has used yet, and uses it.
func (s *Service) advance(ctx context.Context, e Enrolment, code string) (bool, error) {
	key, err := s.keys.Open(e.Secret, owned(e.UserID, e.ID))
	if err != nil {
		return false, err
	}
	step, ok, err := s.matchTyped(key, code)
	if err != nil || !ok {
		return false, err
	}
	return s.store.Advance(ctx, e.UserID, e.ID, step)
}

// matchTyped is match for a code as people type it: blanks around it and one blank or dash inside are dropped. What is no code
// is compared with nothing.
func (s *Service) matchTyped(key []byte, code string) (step int64, ok bool, err error) {
	code = strings.Trim(code, " \t\r\n")
	if i := strings.IndexAny(code, " -"); i >= 0 {
		code = code[:i] + code[i+1:]
	}
	if !isCode(code, s.opts.Digits) {
		return 0, false, nil
	}
	return s.match(key, code)
}

// tell sends the owner a notice.
func (s *Service) tell(ctx context.Context, userID string, kind sender.Kind, d sender.Data) {
	u, err := s.users.ByID(ctx, userID)
	if err != nil {
		return // who is gone has no address
	}
	o := audit.OriginFrom(ctx)
	d.When, d.IP, d.UserAgent = s.opts.Now(), o.IP, o.UserAgent
	s.opts.Outbox.Notice(ctx, u, kind, d)
}
