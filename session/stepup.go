package session

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/user"
)

// stepUpLife is how long it is remembered which code was sent to whom. The code itself may live shorter.
const stepUpLife = 10 * time.Minute

// sentCode is the code that a session waits for.
type sentCode struct {
	Method    string `json:"method"`
	Challenge string `json:"challenge"`
}

// BeginStepUp answers the ways in which the person who is signed in can prove themselves again, named as in amr, and begins
// the one that method names, or the first. Who has second factors has these and no other way; else a code is sent to a stored
// address. key is what a client needs for the proof, or nil. No way at all is an empty list: a new sign-in is the proof then.
func (s *Service) BeginStepUp(ctx context.Context, p *jwt.TokenPayload, method string) (methods []string, key any, err error) {
	u, err := s.account(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	methods = []string{}
	begin := map[string]SecondFactor{}
	err = s.eachSecond(ctx, u.ID, func(f SecondFactor, names []string) error {
		methods = append(methods, names...)
		for _, name := range names {
			begin[name] = f
		}
		return nil
	})
	if err != nil {
		return nil, nil, problem.Unavailable(err)
	}
	byMessage := len(methods) == 0 && s.messenger != nil
	if byMessage {
		methods = append(methods, s.messenger.Methods(u)...)
	}
	switch {
	case method == "" && len(methods) == 0:
		return methods, nil, nil
	case method == "":
		method = methods[0]
	case !slices.Contains(methods, method):
		return nil, nil, problem.ErrInvalidRequest.WithDetail("The field method names no way that this account has.")
	}
	if byMessage {
		return methods, nil, s.sendStepUp(ctx, p, u, method)
	}
	if key, err = begin[method].Begin(ctx, u.ID); err != nil {
		if _, known := problem.As(err); !known {
			err = problem.Unavailable(err)
		}
		return nil, nil, err
	}
	return methods, key, nil
}

// sendStepUp sends a code and remembers for the session which one it is, so that the code alone answers.
func (s *Service) sendStepUp(ctx context.Context, p *jwt.TokenPayload, u user.User, method string) error {
	return s.messenger.SendStepUp(ctx, u, method, func(ctx context.Context, challenge string) error {
		b, err := json.Marshal(sentCode{method, challenge})
		if err != nil {
			return problem.ErrInternal.Wrap(err)
		}
		if err := s.steps.Set(ctx, p.SessionID, b, stepUpLife); err != nil {
			return problem.Unavailable(err)
		}
		return nil
	})
}

// StepUp checks a proof of the person who is signed in and answers a token of the same session with a new auth_time. The replaced
// token dies as in [Service.Refresh], but its grace gives the new proof away to nobody; the session ends when it would have. Who has a
// second factor must prove that one.
func (s *Service) StepUp(ctx context.Context, p *jwt.TokenPayload, proof Proof) (TokenResponse, error) {
	u, err := s.account(ctx, p)
	if err != nil {
		return TokenResponse{}, err
	}
	names, err := s.SecondFactors(ctx, u.ID)
	if err != nil {
		return TokenResponse{}, problem.Unavailable(err)
	}
	prove := s.proveSecond
	if len(names) == 0 {
		prove = s.proveByMessage
	}
	fresh, err := prove(ctx, p, u, proof)
	if err != nil {
		return TokenResponse{}, err
	}
	// A caller who loses the race to rotate goes on from the winner's token.
	for range 2 {
		answer, again, err := s.renew(ctx, p, u, fresh)
		if !again {
			return answer, err
		}
	}
	return s.dead(ctx, "session.step_up", p, "the session was ended meanwhile")
}

func (s *Service) proveSecond(ctx context.Context, p *jwt.TokenPayload, u user.User, proof Proof) (Factor, error) {
	factor, ok := s.second[proof.Kind()]
	if !ok {
		return Factor{}, problem.ErrInvalidRequest.WithDetail("This kind of second factor is not offered.")
	}
	f, err := s.Guess(ctx, u.ID, func(ctx context.Context) (Factor, error) { return factor.Verify(ctx, u.ID, proof) })
	if err != nil {
		s.wrong(ctx, "session.step_up", p, err)
	}
	return f, err
}

func (s *Service) proveByMessage(ctx context.Context, p *jwt.TokenPayload, u user.User, proof Proof) (Factor, error) {
	if s.messenger == nil || proof.Kind() != ByCode {
		return Factor{}, problem.ErrInvalidRequest.WithDetail("This account cannot prove itself in this way.")
	}
	b, err := s.steps.Get(ctx, p.SessionID)
	if errors.Is(err, kv.ErrNotFound) {
		s.opts.Audit.Record(ctx, audit.Event{
			Name: "session.step_up", Outcome: audit.Failure, UserID: p.UserID, SessionID: p.SessionID,
			Code: problem.ErrInvalidCode.Code(), Reason: "no code was asked for",
		})
		return Factor{}, problem.ErrInvalidCode
	}
	if err != nil {
		return Factor{}, problem.Unavailable(err)
	}
	var sent sentCode
	if err := json.Unmarshal(b, &sent); err != nil {
		return Factor{}, problem.Unavailable(err)
	}
	proof.Challenge = sent.Challenge
	return s.messenger.CheckStepUp(ctx, u, sent.Method, proof)
}

// renew replaces the session's current token by one that says what was proven just now.
func (s *Service) renew(ctx context.Context, p *jwt.TokenPayload, u user.User, fresh Factor) (answer TokenResponse, again bool, err error) {
	sess, state, err := s.store.Load(ctx, p.UserID, p.SessionID, p.TokenID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return TokenResponse{}, false, problem.Unavailable(err)
	}
	reason := state.against(p, s.now())
	switch {
	case err != nil:
		reason = "the session is unknown"
	case !s.now().Before(sess.ExpiresAt):
		reason = "the session has reached its absolute lifetime"
	}
	if reason != "" {
		answer, err = s.dead(ctx, "session.step_up", p, reason)
		return answer, false, err
	}
	return s.rotate(ctx, p, sess, u, &fresh)
}

// freshen makes the payload say what was proven just now. The second factors that an earlier proof named are dropped: auth_time,
// amr and aal speak of one moment, and a stronger proof that is hours old must not look fresh. What the person signed in with stays.
func (s *Service) freshen(p *jwt.TokenPayload, f Factor) {
	proven := []Factor{}
	for _, m := range p.Methods {
		if isFirst(m) && m != f.Method {
			proven = append(proven, Factor{Method: m})
		}
	}
	proven = append(proven, f)
	p.Methods = make([]string, 0, len(proven))
	for _, each := range proven {
		p.Methods = append(p.Methods, each.Method)
	}
	p.AAL = assurance(proven)
	p.AuthTime = s.now().Truncate(time.Second)
}

// isFirst reports whether a method signs people in and is never a second factor.
func isFirst(method string) bool {
	return method == methodEmail || method == methodSMS || strings.HasPrefix(method, "oauth:")
}
