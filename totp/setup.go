package totp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/undo"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// Setup is what a person needs to enrol. It is shown once and cannot be asked for again; printing or logging it shows nothing.
type Setup struct {
	// Secret is the shared secret in base32, for apps without a camera. URI is the key with its label, QR the same as a PNG.
	Secret, URI string
	QR          []byte
	// Codes are the recovery codes.
	Codes []string
}

const hiddenSetup = "[totp setup]"

// Format hides the secrets from every verb.
func (Setup) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hiddenSetup)) }

// MarshalText hides the secrets from encoders.
func (Setup) MarshalText() ([]byte, error) { return []byte(hiddenSetup), nil }

// LogValue hides the secrets from slog.
func (Setup) LogValue() slog.Value { return slog.StringValue(hiddenSetup) }

// draft is a setup that waits for its first code. It is kept encrypted.
type draft struct {
	ID     string   `json:"id"`
	Secret []byte   `json:"secret"`
	Codes  [][]byte `json:"codes"`
	// Expires is compared with this service's own clock, in Unix milliseconds.
	Expires int64 `json:"expires"`
}

// Prepare makes a secret and recovery codes for the user. Nothing is active before [Service.Enable]; a setup that was prepared
// before is void, and one that is not enabled is after [PendingLife]. [ErrAlreadyEnabled] says that an authenticator is active.
func (s *Service) Prepare(ctx context.Context, userID string) (Setup, error) {
	if err := s.free(ctx, userID); err != nil {
		s.record(ctx, "totp.setup", userID, err)
		return Setup{}, err
	}
	u, err := s.users.ByID(ctx, userID)
	if err != nil {
		return Setup{}, gone(err)
	}
	key := make([]byte, secretBytes)
	_, _ = rand.Read(key) // never fails
	shown, hashes := newRecoveryCodes(userID)
	d := draft{ID: secret.Handle(16), Secret: key, Codes: hashes, Expires: s.now().Add(PendingLife).UnixMilli()}
	uri := s.keyURI(u, key)
	qr, err := qrPNG(uri)
	if err != nil {
		return Setup{}, err
	}
	if err := s.keep(ctx, userID, d); err != nil {
		return Setup{}, err
	}
	s.record(ctx, "totp.setup", userID, nil)
	return Setup{Secret: base32Text.EncodeToString(key), URI: uri, QR: qr, Codes: shown}, nil
}

// free answers ErrAlreadyEnabled when the user has an authenticator.
func (s *Service) free(ctx context.Context, userID string) error {
	_, err := s.store.Load(ctx, userID)
	switch {
	case err == nil:
		return ErrAlreadyEnabled
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return problem.Unavailable(err)
}

func gone(err error) error {
	if errors.Is(err, user.ErrNotFound) {
		return problem.ErrInvalidToken.Wrap(errors.New("the account is gone"))
	}
	return problem.Unavailable(err)
}

func (s *Service) keep(ctx context.Context, userID string, d draft) error {
	plain, err := json.Marshal(d)
	if err != nil {
		return problem.ErrInternal.Wrap(err)
	}
	sealed, err := s.keys.Seal(plain, "draft:"+userID)
	if err != nil {
		return problem.ErrInternal.Wrap(err)
	}
	if err := s.pending.Set(ctx, userID, sealed, PendingLife); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

// drafted opens what the store answered for the user's draft; a draft that is not there, late or unreadable is ErrInvalidCode.
func (s *Service) drafted(userID string, sealed []byte, err error) (d draft, _ error) {
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return d, ErrInvalidCode
	case err != nil:
		return d, problem.Unavailable(err)
	}
	plain, err := s.keys.Open(sealed, "draft:"+userID)
	if err != nil {
		return d, ErrInvalidCode
	}
	if err := json.Unmarshal(plain, &d); err != nil {
		return d, problem.Unavailable(err)
	}
	if s.now().UnixMilli() >= d.Expires {
		return d, ErrInvalidCode
	}
	return d, nil
}

// Enable makes the prepared authenticator active for the caller when code is one of its codes, ends the user's other sessions,
// and tells the owner. The code counts as used, and the caller's session does not count as having proven it. The caller presents
// a user token, or a pre_auth token that may enrol: then the answer is the session that was owed, else it is nil.
//
// [ErrInvalidCode] covers a setup that is late or was replaced; [ErrAlreadyEnabled] says that another request was faster.
func (s *Service) Enable(ctx context.Context, p *jwt.TokenPayload, code string) (*session.TokenResponse, error) {
	if err := s.free(ctx, p.UserID); err != nil {
		s.record(ctx, "totp.enable", p.UserID, err)
		return nil, err
	}
	var e Enrolment
	f, err := s.gate.Guess(ctx, p.UserID, func(ctx context.Context) (f session.Factor, err error) {
		e, err = s.confirm(ctx, p.UserID, code)
		return session.Factor{Method: Method, At: e.EnabledAt}, err
	})
	if err == nil {
		err = s.enrol(ctx, e)
	}
	if err != nil {
		s.record(ctx, "totp.enable", p.UserID, err)
		return nil, err
	}
	answer, err := s.settle(ctx, p, f)
	if err != nil {
		// A caller whose session was ended meanwhile, or may have been, leaves no factor behind.
		brief, cancel := undo.Brief(ctx)
		defer cancel()
		if _, kept := s.store.Delete(brief, p.UserID); kept == nil {
			return nil, err
		}
		ctx = brief
	}
	s.record(ctx, "totp.enable", p.UserID, nil)
	s.tell(ctx, p.UserID, sender.FactorAdded, sender.Data{})
	return answer, err
}

// settle ends the sessions that know nothing of the new factor, after it is enrolled: a sign-in that saw none has read the epoch
// before, and is dead after this.
func (s *Service) settle(ctx context.Context, p *jwt.TokenPayload, f session.Factor) (*session.TokenResponse, error) {
	if p.TokenType != jwt.TypePreAuth {
		return nil, s.gate.EndOthers(ctx, p)
	}
	answer, err := s.gate.CompleteEnrolment(ctx, p, f)
	if err != nil {
		return nil, err
	}
	return &answer, nil
}

// confirm compares the code with the draft, takes the draft, and makes of it what is to be enrolled.
func (s *Service) confirm(ctx context.Context, userID, code string) (Enrolment, error) {
	sealed, err := s.pending.Get(ctx, userID)
	d, err := s.drafted(userID, sealed, err)
	if err != nil {
		return Enrolment{}, err
	}
	step, ok, err := s.matchTyped(d.Secret, code)
	if err != nil {
		return Enrolment{}, err
	}
	if !ok {
		return Enrolment{}, ErrInvalidCode
	}
	sealed, err = s.pending.Take(ctx, userID)
	taken, err := s.drafted(userID, sealed, err)
	if err != nil {
		return Enrolment{}, err
	}
	if taken.ID != d.ID {
		return Enrolment{}, ErrInvalidCode // another setup came in between; its secret was not proven
	}
	e := Enrolment{UserID: userID, ID: d.ID, Step: step, Codes: d.Codes, EnabledAt: s.now()}
	if e.Secret, err = s.keys.Seal(d.Secret, owned(userID, d.ID)); err != nil {
		return Enrolment{}, problem.ErrInternal.Wrap(err)
	}
	return e, nil
}

// enrol makes the authenticator active. It comes when the guess has ended: one whose failures cannot be taken back is refused, and must leave no
// factor behind that nobody was told of.
func (s *Service) enrol(ctx context.Context, e Enrolment) error {
	switch err := s.store.Enrol(ctx, e); {
	case errors.Is(err, ErrExists):
		return ErrAlreadyEnabled
	case err != nil:
		return problem.Unavailable(err)
	}
	return nil
}

// owned binds a stored secret to its user and enrolment. The id has no colon.
func owned(userID, id string) string { return "secret:" + id + ":" + userID }
