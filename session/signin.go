package session

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/user"
)

// SignIn turns a person who has just proven one factor into a token: a user token where nothing more is owed, else a
// pre_auth token. u must have been read from the store by the proof itself. app is the application signed in to.
//
// [ErrDisabled] says that the account is disabled.
func (s *Service) SignIn(ctx context.Context, u user.User, f Factor, app string) (TokenResponse, error) {
	if !s.sealed {
		return TokenResponse{}, problem.ErrInternal.Wrap(errors.New("session: sign-in before Seal"))
	}
	if u.Disabled {
		s.opts.Audit.Record(ctx, audit.Event{
			// No code: each method answers with its own, so that a disabled account looks like a wrong proof.
			Name: "session.sign_in", Outcome: audit.Failure, UserID: u.ID, Method: f.Method, Reason: "the account is disabled",
		})
		return TokenResponse{}, ErrDisabled
	}
	epoch, err := s.store.Epoch(ctx, u.ID, s.now().UnixMilli())
	if err != nil {
		return TokenResponse{}, problem.Unavailable(err)
	}
	names, err := s.SecondFactors(ctx, u.ID)
	if err != nil {
		return TokenResponse{}, problem.Unavailable(err)
	}
	owed := len(names) > 0 || (s.opts.RequireSecondFactor != nil && s.opts.RequireSecondFactor(u))
	if owed && !f.UserVerified {
		return s.preAuth(ctx, u, f, app, epoch, names)
	}
	answer, _, err := s.begin(ctx, u, []Factor{f}, app, epoch)
	return answer, err
}

// begin creates a session and its first token. The epoch is the one read before the proof was judged, so that a session that was
// ended in between is born dead.
func (s *Service) begin(
	ctx context.Context, u user.User, proven []Factor, app string, epoch int64,
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
	if err := s.endOldest(ctx, u.ID); err != nil {
		return TokenResponse{}, p, err
	}
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "session.sign_in", Outcome: audit.Success, UserID: u.ID, Method: p.Methods[len(p.Methods)-1], SessionID: sess.ID,
	})
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

// endOldest ends what exceeds the number of sessions that a user may have.
func (s *Service) endOldest(ctx context.Context, userID string) error {
	list, err := s.store.List(ctx, userID, s.opts.MaxSessions+1)
	if err != nil {
		return problem.Unavailable(err)
	}
	for i := s.opts.MaxSessions; i < len(list); i++ {
		if err := s.kill(ctx, userID, list[i].ID); err != nil {
			return err
		}
		s.opts.Audit.Record(ctx, audit.Event{Name: "session.limit", Outcome: audit.Success, UserID: userID, SessionID: list[i].ID, Reason: "the oldest ended"})
	}
	return nil
}
