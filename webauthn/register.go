package webauthn

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-webauthn/webauthn/protocol"
	rp "github.com/go-webauthn/webauthn/webauthn"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/undo"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// handleBytes is the length of a user handle. It is random, and the same for all passkeys of a user.
const handleBytes = 32

// What browsers read.
type (
	// CreationOptions are for parseCreationOptionsFromJSON.
	CreationOptions = protocol.PublicKeyCredentialCreationOptions
	// RequestOptions are for parseRequestOptionsFromJSON.
	RequestOptions = protocol.PublicKeyCredentialRequestOptions
)

// defaultName is what a passkey is called whose owner gave it no name.
const defaultName = "Passkey"

// BeginRegistration answers the options for a new passkey of the user. The passkeys that they have are excluded.
func (s *Service) BeginRegistration(ctx context.Context, userID string) (*CreationOptions, error) {
	u, err := s.owner(ctx, userID)
	if err != nil {
		return nil, err
	}
	a, list, err := s.accountOf(ctx, u)
	if err != nil {
		return nil, err
	}
	if len(list) >= MostPasskeys {
		return nil, problem.ErrInvalidRequest.WithDetail("The account has as many passkeys as it can; remove one first.")
	}
	creation, data, err := s.rp.BeginRegistration(a,
		rp.WithCredentialParameters(algorithms()),
		rp.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: s.verification(),
		}),
		rp.WithConveyancePreference(protocol.PreferNoAttestation),
		rp.WithExclusions(rp.Credentials(a.creds).CredentialDescriptors()))
	if err != nil {
		return nil, problem.ErrInternal.Wrap(err)
	}
	if err := s.remember(ctx, registering, userID, data); err != nil {
		return nil, err
	}
	return &creation.Response, nil
}

// owner reads a user who presents a live token.
func (s *Service) owner(ctx context.Context, userID string) (user.User, error) {
	u, err := s.users.ByID(ctx, userID)
	switch {
	case errors.Is(err, user.ErrNotFound) || (err == nil && u.Disabled):
		return u, problem.ErrInvalidToken.Wrap(errors.New("the account is gone or disabled"))
	case err != nil:
		return u, problem.Unavailable(err)
	}
	return u, nil
}

// handle answers the user's handle, which it makes when there is none.
func (s *Service) handle(ctx context.Context, userID string) ([]byte, error) {
	fresh := make([]byte, handleBytes)
	_, _ = rand.Read(fresh) // never fails
	handle, err := s.store.Handle(ctx, userID, fresh)
	if err != nil {
		return nil, problem.Unavailable(err)
	}
	return handle, nil
}

// accountOf answers the user with their handle and passkeys.
func (s *Service) accountOf(ctx context.Context, u user.User) (*account, []Credential, error) {
	handle, err := s.handle(ctx, u.ID)
	if err != nil {
		return nil, nil, err
	}
	list, err := s.store.List(ctx, u.ID)
	if err != nil {
		return nil, nil, problem.Unavailable(err)
	}
	name, display := shown(u)
	return &account{handle: handle, name: name, display: display, creds: forLibrary(list)}, list, nil
}

// Registered is a passkey that was just added: with the session that was owed, or with what the browser should know.
type Registered struct {
	Credential Credential
	// Token is the session of a caller who had to enrol; else nil.
	Token *session.TokenResponse
	// Signals are what the browser should know. Only without Token.
	Signals Signals
}

// Register checks the authenticator's answer and adds the passkey to the caller's account. The first second factor ends the user's
// other sessions; a pre_auth token that had to enrol becomes a session. The owner is told.
//
// [ErrInvalidCredentials] covers every refusal, a credential id that anybody has registered included.
func (s *Service) Register(ctx context.Context, p *jwt.TokenPayload, credential jsontext.Value, name string) (Registered, error) {
	u, err := s.owner(ctx, p.UserID)
	if err != nil {
		return Registered{}, err
	}
	c, err := s.attested(ctx, p.UserID, credential)
	if err != nil {
		s.record(ctx, "webauthn.register", p.UserID, err, reasonOf(err))
		return Registered{}, err
	}
	c.Name = cmp.Or(name, defaultName)
	out, added, err := s.enrol(ctx, p, c)
	if !added {
		s.record(ctx, "webauthn.register", p.UserID, err, reasonOf(err))
		return Registered{}, err
	}
	s.record(ctx, "webauthn.register", p.UserID, nil, "")
	s.tell(ctx, u, sender.PasskeyAdded, c.Name)
	if err != nil {
		return Registered{}, err
	}
	if out.Token == nil {
		out.Signals, err = s.signals(ctx, u, c.Handle)
	}
	return out, err
}

// attested answers the passkey that the answer proves.
func (s *Service) attested(ctx context.Context, userID string, credential jsontext.Value) (Credential, error) {
	c, p, err := s.answered(ctx, registering, userID, credential)
	if err != nil {
		return Credential{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(p.raw)
	if err != nil {
		return Credential{}, ErrInvalidCredentials.Wrap(classOf(err))
	}
	if err := acceptable(parsed); err != nil {
		return Credential{}, ErrInvalidCredentials.Wrap(err)
	}
	if err := s.unverified(c, parsed.Response.AttestationObject.AuthData.Flags); err != nil {
		return Credential{}, err
	}
	// The handle that the authenticator was given must be the one that the account has: a sign-in is looked up by nothing else.
	handle, err := s.handle(ctx, userID)
	if err != nil {
		return Credential{}, err
	}
	made, err := s.rp.CreateCredential(&account{handle: handle}, c.Session, parsed)
	if err != nil {
		return Credential{}, ErrInvalidCredentials.Wrap(classOf(err))
	}
	out := Credential{
		ID: made.ID, UserID: userID, Handle: handle, PublicKey: made.PublicKey, AAGUID: made.Authenticator.AAGUID,
		Counter: made.Authenticator.SignCount, UserVerified: made.Flags.UserVerified,
		BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState, CreatedAt: s.now(),
	}
	for _, t := range made.Transport {
		if len(out.Transports) < mostTransports && knownTransport(string(t)) {
			out.Transports = append(out.Transports, string(t))
		}
	}
	return out, nil
}

// mostTransports bounds a list that the client writes.
const mostTransports = 8

// knownTransport keeps text out of the store that no browser writes. New transports are words of lower-case letters and dashes.
func knownTransport(s string) bool {
	if s == "" || len(s) > 16 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}

// enrol adds the passkey and settles what follows from it. A caller whose session was ended meanwhile leaves no factor behind;
// where that cannot be taken back, it is added all the same.
func (s *Service) enrol(ctx context.Context, p *jwt.TokenPayload, c Credential) (out Registered, added bool, err error) {
	had, err := s.gate.SecondFactors(ctx, p.UserID)
	if err != nil {
		return out, false, problem.Unavailable(err)
	}
	owed := p.TokenType == jwt.TypePreAuth
	if owed && len(had) > 0 {
		return out, false, problem.ErrSecondFactorRequired
	}
	if err := s.store.Add(ctx, c); errors.Is(err, ErrExists) {
		return out, false, refused("the credential id is registered already")
	} else if err != nil {
		return out, false, problem.Unavailable(err)
	}
	out.Credential = c
	switch {
	case owed:
		var answer session.TokenResponse
		answer, err = s.gate.CompleteEnrolment(ctx, p, session.Factor{Method: Method, UserVerified: c.UserVerified, At: s.now()})
		out.Token = &answer
	case len(had) == 0:
		err = s.gate.EndOthers(ctx, p)
	default:
		err = s.gate.Alive(ctx, p)
	}
	if err != nil {
		brief, cancel := undo.Brief(ctx)
		defer cancel()
		_, kept := s.store.Delete(brief, p.UserID, c.ID)
		return out, kept != nil, errors.Join(err, kept)
	}
	return out, true, nil
}
