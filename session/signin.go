package session

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/together"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// SignIn turns a person who has just proven one factor into a token: a user token where nothing more is owed, else a
// pre_auth token. u must have been read from the store by the proof itself. app is the application signed in to.
//
// [ErrDisabled] says that the account is disabled.
func (s *Service) SignIn(ctx context.Context, u user.User, f Factor, app string) (TokenResponse, error) {
	came, err := s.Arrive(ctx, u.ID)
	if err != nil {
		return TokenResponse{}, err
	}
	return s.SignInAs(ctx, came, f, app, func(ctx context.Context) (user.User, error) {
		again, err := s.users.ByID(ctx, u.ID)
		switch {
		case errors.Is(err, user.ErrNotFound):
			return u, s.shut(ctx, u.ID, f, "the account is gone")
		case err != nil:
			return u, problem.Unavailable(err)
		}
		again.Disabled = again.Disabled || u.Disabled
		return again, nil
	})
}

// Arrival is when somebody came to an account to sign in. [Service.Arrive] makes one; the zero value opens no account.
type Arrival struct {
	userID string
	epoch  int64
}

// Arrive notes that somebody comes to sign in to an account: what ends its sessions from then on ends the one that is about to begin too.
// An account that is not there has an arrival as well, and it costs as much.
func (s *Service) Arrive(ctx context.Context, userID string) (Arrival, error) {
	epoch, err := s.store.Epoch(ctx, userID, s.now().UnixMilli())
	if err != nil {
		return Arrival{}, problem.Unavailable(err)
	}
	return Arrival{userID, epoch}, nil
}

// SignInAs is [Service.SignIn] for a proof that names the account before it is read. read is called once and reads it; its error is the
// answer. It is called after the arrival: who is disabled and signed out in between gets no session that is newer than that. SignIn reads
// the account a second time for that reason.
func (s *Service) SignInAs(
	ctx context.Context, came Arrival, f Factor, app string, read func(ctx context.Context) (user.User, error),
) (TokenResponse, error) {
	if !s.sealed {
		return TokenResponse{}, problem.ErrInternal.Wrap(errors.New("session: sign-in before Seal"))
	}
	u, names, others, err := s.holder(ctx, came.userID, f, read)
	if err != nil {
		return TokenResponse{}, err
	}
	owed := len(names) > 0 || (s.opts.RequireSecondFactor != nil && s.opts.RequireSecondFactor(u))
	if owed && !f.UserVerified {
		return s.preAuth(ctx, u, f, app, came.epoch, names)
	}
	answer, _, err := s.begin(ctx, u, []Factor{f}, app, came.epoch, others)
	return answer, err
}

// holder answers who signs in, the second factors of the account, and the sessions that are remembered of it.
func (s *Service) holder(
	ctx context.Context, userID string, f Factor, read func(ctx context.Context) (user.User, error),
) (u user.User, names []string, others []Session, err error) {
	err = together.Do(
		ctx,
		func(ctx context.Context) (err error) {
			u, err = read(ctx)
			switch {
			case err != nil:
				return err
			case u.ID != userID:
				return problem.ErrInternal.Wrap(errors.New("session: the account that was read is not the one that was proven"))
			case u.Disabled:
				return s.shut(ctx, userID, f, "the account is disabled")
			}
			return nil
		},
		func(ctx context.Context) (err error) {
			if names, err = s.SecondFactors(ctx, userID); err != nil {
				return problem.Unavailable(err)
			}
			return nil
		},
		func(ctx context.Context) (err error) {
			others, err = s.remembered(ctx, userID)
			return err
		},
	)
	return u, names, others, err
}

// remembered answers the newest sessions of the user, before another one begins.
func (s *Service) remembered(ctx context.Context, userID string) ([]Session, error) {
	list, err := s.store.List(ctx, userID, s.opts.MaxSessions+excess)
	if err != nil {
		return nil, problem.Unavailable(err)
	}
	return list, nil
}

// shut records why an account lets nobody in, and answers the refusal. It has no code of its own: each method answers with its own, so
// that a disabled account looks like a wrong proof.
func (s *Service) shut(ctx context.Context, userID string, f Factor, reason string) error {
	s.opts.Audit.Record(ctx, audit.Event{Name: "session.sign_in", Outcome: audit.Failure, UserID: userID, Method: f.Method, Reason: reason})
	return ErrDisabled
}

// begin creates a session and its first token. The epoch is the one read before the proof was judged, so that a session that was
// ended in between is born dead. others are the sessions that are remembered of the user, the newest first.
func (s *Service) begin(
	ctx context.Context, u user.User, proven []Factor, app string, epoch int64, others []Session,
) (answer TokenResponse, p jwt.TokenPayload, err error) {
	now := s.now()
	o := audit.OriginFrom(ctx)
	sess := Session{
		ID: newID(), UserID: u.ID, CreatedAt: now, ExpiresAt: now.Add(s.opts.Lifetime), LastSeenAt: now,
		OriginApp: app, IP: o.IP, UserAgent: o.UserAgent,
	}
	p = s.describe(u)
	p.SessionID, p.OriginApp, p.Epoch = sess.ID, app, epoch
	p.AuthTime = now.Truncate(time.Second)
	p.AAL = assurance(proven)
	for _, f := range proven {
		p.Methods = append(p.Methods, f.Method)
	}
	if p.Extra, err = s.extra(ctx, u, proven[0].Method); err != nil {
		return TokenResponse{}, p, err
	}
	s.stamp(&p, sess)
	sess.Token = p
	if answer, err = s.respond(&p); err != nil {
		return TokenResponse{}, p, err
	}
	if err := s.store.Create(ctx, sess); err != nil {
		return TokenResponse{}, p, problem.Unavailable(err)
	}
	if err := s.endOldest(ctx, u.ID, others); err != nil {
		return TokenResponse{}, p, err
	}
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "session.sign_in", Outcome: audit.Success, UserID: u.ID, Method: p.Methods[len(p.Methods)-1], SessionID: sess.ID,
	})
	if newDevice(sess, others) {
		s.tell(ctx, u, sender.SuspiciousSignIn, "from a new device")
	}
	return answer, p, nil
}

// describe fills what the token says about the user.
func (s *Service) describe(u user.User) jwt.TokenPayload {
	return jwt.TokenPayload{
		TokenType: jwt.TypeUser, UserID: u.ID, UserName: u.Name, TenantID: u.TenantID, PartnerID: u.PartnerID, Scope: u.Scope,
		Issuer: s.tokens.Issuer(), Audience: s.tokens.Audience(),
	}
}

// stamp gives p a new id and its times. No token outlives its session.
func (s *Service) stamp(p *jwt.TokenPayload, sess Session) {
	p.TokenID = newID()
	p.IssuedAt = s.now().Truncate(time.Second)
	p.ExpiresAt = p.IssuedAt.Add(s.opts.TokenLife)
	if end := sess.ExpiresAt.Truncate(time.Second); end.Before(p.ExpiresAt) {
		p.ExpiresAt = end
	}
}

// extra asks the host for its claims and brings them into the form they have after a round trip through a store, since
// a token is signed again from the stored payload.
func (s *Service) extra(ctx context.Context, u user.User, method string) (map[string]any, error) {
	extra := map[string]any{}
	if s.opts.Claims != nil {
		own, err := s.opts.Claims(ctx, u)
		if err != nil {
			return nil, problem.Unavailable(err)
		}
		maps.Copy(extra, own)
	}
	extra["auth_method"] = method
	b, err := json.Marshal(extra, json.Deterministic(true))
	if err != nil {
		return nil, problem.ErrInternal.Wrap(err)
	}
	var same map[string]any
	if err := json.Unmarshal(b, &same); err != nil {
		return nil, problem.ErrInternal.Wrap(err)
	}
	// A number beyond 2^53 would come back as another one: a wrong tenant rather than an error.
	again, err := json.Marshal(same, json.Deterministic(true))
	if err != nil || !bytes.Equal(b, again) {
		return nil, problem.ErrInternal.Wrap(errors.New("session: Claims answers a value that JSON does not carry unchanged"))
	}
	return same, nil
}

// assurance is the authenticator assurance level (NIST SP 800-63B-4 section 2). A code by e-mail reaches none, and no set of
// possession factors reaches 2: only an authenticator that verified its user does.
func assurance(proven []Factor) int {
	level := 0
	for _, f := range proven {
		switch {
		case f.UserVerified:
			return 2
		case f.Method != methodEmail:
			level = 1
		}
	}
	return level
}

// methodEmail is the one method that NIST does not accept as an authenticator at all (SP 800-63B-4 section 3.1.3.1).
const methodEmail = "email_otp"

const methodSMS = "sms_otp"

// excess is how many sessions beyond the bound one sign-in looks for: sign-ins at the same time do not see one another.
const excess = 32

// endOldest ends what exceeds the number of sessions that a user may have. Those that have rested too long are gone already, as
// far as their tokens say; their records make room first. others are those beside the one that has just begun, the newest first.
func (s *Service) endOldest(ctx context.Context, userID string, others []Session) error {
	if len(others) < s.opts.MaxSessions {
		return nil
	}
	live, now := 1, s.opts.Now() // the one that has just begun
	for _, sess := range others {
		idle := s.idle(sess, now)
		if !idle {
			live++
		}
		if live <= s.opts.MaxSessions && !idle {
			continue
		}
		if err := s.kill(ctx, userID, sess.ID); err != nil {
			return err
		}
		if !idle {
			s.opts.Audit.Record(ctx, audit.Event{Name: "session.limit", Outcome: audit.Success, UserID: userID, SessionID: sess.ID, Reason: "the oldest ended"})
		}
	}
	return nil
}

// idle reports whether the session's current token has ended, and with it the session.
func (s *Service) idle(sess Session, now time.Time) bool {
	return !now.Before(sess.Token.ExpiresAt.Add(s.tokens.Leeway()))
}
