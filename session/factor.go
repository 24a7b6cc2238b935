package session

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crafteasy/auth/internal/together"
	"github.com/crafteasy/auth/user"
)

// Factor is something that a person has proven just now.
type Factor struct {
	// Method is named as in amr: "email_otp", "webauthn", "totp", "oauth:google".
	Method string
	// UserVerified says that an authenticator verified the person (a PIN, a finger) and so stands for two factors.
	UserVerified bool
	// At is when.
	At time.Time
}

// Proof is what a person offers as second factor or to prove themselves again. Exactly one is set.
type Proof struct {
	// Code is a TOTP code, a recovery code, or a one-time code.
	Code string
	// Credential is a WebAuthn assertion in the JSON form of PublicKeyCredential.toJSON.
	Credential jsontext.Value
	// Challenge binds a one-time code to its request. Only step-up uses it.
	Challenge string
}

// Kind is what the proof is made of.
func (p Proof) Kind() ProofKind {
	if len(p.Credential) > 0 {
		return ByCredential
	}
	return ByCode
}

// ProofKind says which field of a [Proof] is set.
type ProofKind uint8

// The kinds of proof.
const (
	ByCode ProofKind = iota + 1
	ByCredential
)

// SecondFactor is a method that can be the second factor. Register it with [Service.RegisterSecond]. Its methods are called
// concurrently.
type SecondFactor interface {
	// Names answers what the user may use of this method, named as in second_factors: "totp", "recovery_code", "webauthn". None
	// enrolled is an empty list. The first name is the stronger.
	Names(ctx context.Context, userID string) ([]string, error)
	// Begin starts a proof where the method needs that, and answers what the client needs for it, or nil.
	Begin(ctx context.Context, userID string) (any, error)
	// Verify checks the proof once and answers what it proves. A refusal is the method's own sentinel; nothing else may
	// be told from it.
	Verify(ctx context.Context, userID string, proof Proof) (Factor, error)
	// Forget erases everything that the method keeps of the user, enrolled or about to be.
	Forget(ctx context.Context, userID string) error
}

// Messenger proves who is signed in by a code that it sends to a stored address. Register it with [Service.RegisterMessenger].
// Its methods are called concurrently.
type Messenger interface {
	// Methods answers the ways a code can reach the user, named as in amr: "email_otp", "sms_otp".
	Methods(u user.User) []string
	// SendStepUp sends a code one of these ways. Before that it hands the handle of the challenge to note: what note cannot store is
	// not sent.
	SendStepUp(ctx context.Context, u user.User, method string, note func(ctx context.Context, challenge string) error) error
	// CheckStepUp spends the code of that challenge and answers what it proves. It bounds guesses and records refusals itself.
	CheckStepUp(ctx context.Context, u user.User, method string, proof Proof) (Factor, error)
}

// FirstFactor is a method that a person can sign in with. Register it with [Service.RegisterFirst].
type FirstFactor interface {
	// Ways answers how many ways in the user has by this method.
	Ways(ctx context.Context, u user.User) (int, error)
}

// errSealed says that the registry is closed.
var errSealed = errors.New("session: factors are registered before the service starts")

// RegisterSecond adds a second factor that takes proofs of one kind. It is an error after [Service.Seal], and when another
// method takes that kind.
func (s *Service) RegisterSecond(kind ProofKind, f SecondFactor) error {
	if s.sealed {
		return errSealed
	}
	if f == nil {
		return errors.New("session: the second factor is nil")
	}
	if _, taken := s.second[kind]; taken {
		return errors.New("session: two second factors take the same kind of proof")
	}
	s.second[kind] = f
	s.order = append(s.order, kind)
	return nil
}

// RegisterFirst adds a method that a person can sign in with. It is an error after [Service.Seal].
func (s *Service) RegisterFirst(f FirstFactor) error {
	if s.sealed {
		return errSealed
	}
	if f == nil {
		return errors.New("session: the first factor is nil")
	}
	s.first = append(s.first, f)
	return nil
}

// RegisterMessenger sets who sends codes to people who prove themselves again and have no second factor. It is an error after
// [Service.Seal], and the second time.
func (s *Service) RegisterMessenger(m Messenger) error {
	switch {
	case s.sealed:
		return errSealed
	case m == nil:
		return errors.New("session: the messenger is nil")
	case s.messenger != nil:
		return errors.New("session: there is a messenger already")
	}
	s.messenger = m
	return nil
}

// Seal closes the registries. The service serves only afterwards; until then it refuses every sign-in.
func (s *Service) Seal() { s.sealed = true }

// SecondFactors answers the second factors that the user has enrolled.
func (s *Service) SecondFactors(ctx context.Context, userID string) ([]string, error) {
	names := []string{}
	err := s.eachSecond(ctx, userID, func(_ SecondFactor, its []string) error {
		names = append(names, its...)
		return nil
	})
	return names, err
}

// eachSecond calls f with every second factor and what the user has enrolled of it, in the order of their registration. All are asked
// at once.
func (s *Service) eachSecond(ctx context.Context, userID string, f func(SecondFactor, []string) error) error {
	names := make([][]string, len(s.order))
	asks := make([]func(context.Context) error, len(s.order))
	for i, kind := range s.order {
		asks[i] = func(ctx context.Context) (err error) {
			names[i], err = s.second[kind].Names(ctx, userID)
			return err
		}
	}
	if err := together.Do(ctx, asks...); err != nil {
		return err
	}
	for i, kind := range s.order {
		if err := f(s.second[kind], names[i]); err != nil {
			return err
		}
	}
	return nil
}

// Ways answers how many ways in the user has, over all methods.
func (s *Service) Ways(ctx context.Context, u user.User) (int, error) {
	total := 0
	for _, f := range s.first {
		n, err := f.Ways(ctx, u)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}
