package webauthn

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-webauthn/webauthn/protocol"
	rp "github.com/go-webauthn/webauthn/webauthn"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// BeginSignIn answers the options for a sign-in without a user name. They are the same whoever asks and name no passkey, so
// that they tell nothing about any account.
func (s *Service) BeginSignIn(ctx context.Context) (*RequestOptions, error) {
	assertion, data, err := s.rp.BeginDiscoverableLogin(rp.WithUserVerification(s.verification()))
	if err != nil {
		return nil, problem.ErrInternal.Wrap(err)
	}
	if err := s.remember(ctx, signingIn, "", data); err != nil {
		return nil, err
	}
	return &assertion.Response, nil
}

// SignIn checks an assertion and signs in the owner of the passkey. The account comes from the passkey and from nothing else. A passkey
// that verified its user is all that a sign-in needs; one that did not is one factor.
//
// [ErrInvalidCredentials] covers every refusal and a disabled account. When the passkey is one that its owner had removed before the
// ceremony began, and the assertion holds, the refusal has the member "signalUnknownCredential".
func (s *Service) SignIn(ctx context.Context, credential jsontext.Value, app string) (session.TokenResponse, error) {
	c, verified, err := s.asserted(ctx, signingIn, "", credential)
	if err != nil {
		s.record(ctx, "webauthn.sign_in", c.UserID, err, reasonOf(err))
		return session.TokenResponse{}, err
	}
	u, err := s.users.ByID(ctx, c.UserID)
	if errors.Is(err, user.ErrNotFound) {
		err = refused("the account is gone")
		s.record(ctx, "webauthn.sign_in", c.UserID, err, reasonOf(err))
		return session.TokenResponse{}, err
	}
	if err != nil {
		return session.TokenResponse{}, problem.Unavailable(err)
	}
	return s.gate.SignIn(ctx, u, session.Factor{Method: Method, UserVerified: verified, At: s.now()}, app)
}

// asserted checks an answer to a request for an assertion and records the use. It answers the passkey as it was, and whether the
// use stands for two factors.
func (s *Service) asserted(ctx context.Context, why purpose, userID string, v jsontext.Value) (Credential, bool, error) {
	c, p, err := s.answered(ctx, why, userID, v)
	if err != nil {
		return Credential{}, false, err
	}
	held, err := s.store.Load(ctx, p.id)
	if errors.Is(err, ErrNotFound) {
		return Credential{}, false, s.unknown(ctx, c, p)
	}
	if err != nil {
		return Credential{}, false, problem.Unavailable(err)
	}
	if userID != "" && held.UserID != userID {
		return Credential{}, false, refused("the passkey is another user's")
	}
	use, err := s.verify(c, p, held)
	if err != nil {
		return held, false, err
	}
	if err := s.advance(ctx, held, use); err != nil {
		return held, false, err
	}
	// A passkey that could not verify its user at registration is not taken to do so later (WebAuthn Level 3, section 7.2 step 24).
	return held, use.verified && held.UserVerified, nil
}

// used is what an assertion that holds says.
type used struct {
	counter            uint32
	verified, backedUp bool
}

// verify checks what was signed against the passkey.
func (s *Service) verify(c ceremony, p presented, held Credential) (used, error) {
	if c.Purpose == signingIn && len(p.handle) == 0 {
		return used{}, refused("the user handle is missing")
	}
	if len(p.handle) > 0 && !bytes.Equal(p.handle, held.Handle) {
		return used{}, refused("the user handle is another's")
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(p.raw)
	if err != nil {
		return used{}, ErrInvalidCredentials.Wrap(classOf(err))
	}
	data := parsed.Response.AuthenticatorData
	if err := s.unverified(c, data.Flags); err != nil {
		return used{}, err
	}
	if c.Purpose == proving && !slices.ContainsFunc(c.Session.AllowedCredentialIDs, func(id []byte) bool { return bytes.Equal(id, held.ID) }) {
		return used{}, refused("the passkey was not asked for") // to the library, nothing asked for is everything
	}
	a := &account{handle: held.Handle, creds: []rp.Credential{held.forLibrary()}}
	if c.Purpose == signingIn {
		_, _, err = s.rp.ValidatePasskeyLogin(func(_, _ []byte) (rp.User, error) { return a, nil }, c.Session, parsed)
	} else {
		// The library wants the owner of every allowed passkey to have it still, and one may be removed while another is used.
		for _, id := range c.Session.AllowedCredentialIDs {
			if !bytes.Equal(id, held.ID) {
				a.creds = append(a.creds, rp.Credential{ID: id})
			}
		}
		_, err = s.rp.ValidateLogin(a, c.Session, parsed)
	}
	if err != nil {
		return used{}, ErrInvalidCredentials.Wrap(classOf(err))
	}
	return used{data.Counter, data.Flags.HasUserVerified(), data.Flags.HasBackupState()}, nil
}

// advance records the use. A counter that does not move forward is a sign that the passkey was copied: the use is refused and nothing
// is stored of it. Whoever loses a race compares with the winner's counter.
func (s *Service) advance(ctx context.Context, held Credential, use used) error {
	for range 3 {
		if use.counter <= held.Counter && (use.counter != 0 || held.Counter != 0) {
			err := refused("the signature counter went back: the passkey may have been copied")
			s.record(ctx, "webauthn.counter_regressed", held.UserID, err, "the passkey may have been copied")
			return err
		}
		moved, err := s.store.Advance(ctx, held.ID, Use{From: held.Counter, To: use.counter, BackedUp: use.backedUp, At: s.now()})
		if err != nil {
			return problem.Unavailable(err)
		}
		if moved {
			return nil
		}
		held, err = s.store.Load(ctx, held.ID)
		if errors.Is(err, ErrNotFound) {
			return refused("the passkey was removed meanwhile")
		}
		if err != nil {
			return problem.Unavailable(err)
		}
	}
	return problem.Unavailable(errors.New("webauthn: the counter does not stand still"))
}

// unknown refuses a passkey that nobody has. Who shows that they hold the key of one which its owner has removed is told so. A passkey that
// is removed while its ceremony runs is refused like any other; the next ceremony tells.
func (s *Service) unknown(ctx context.Context, c ceremony, p presented) error {
	err := ErrInvalidCredentials.Wrap(errors.New("the passkey is unknown"))
	if c.Purpose != signingIn {
		return err
	}
	b, failed := s.pending.Get(ctx, tombstone(p.id))
	if errors.Is(failed, kv.ErrNotFound) {
		return err
	}
	if failed != nil {
		return problem.Unavailable(failed)
	}
	var gone stone
	if json.Unmarshal(b, &gone) != nil || c.Expires-ChallengeLife.Milliseconds() < gone.Removed {
		return err
	}
	held := Credential{ID: gone.ID, Handle: gone.Handle, PublicKey: gone.PublicKey, BackupEligible: gone.BackupEligible}
	if _, failed := s.verify(c, p, held); failed != nil {
		return err
	}
	return err.WithMember("signalUnknownCredential", UnknownCredential{RPID: s.opts.RPID, CredentialID: p.id})
}

// stone is what a removed passkey can be recognised by. It names no user.
type stone struct {
	ID             []byte `json:"id"`
	Handle         []byte `json:"handle"`
	PublicKey      []byte `json:"public_key"`
	BackupEligible bool   `json:"backup_eligible"`
	// Removed is when, in Unix milliseconds.
	Removed int64 `json:"removed"`
}

// tombstone is the key under which a removed passkey is remembered.
func tombstone(id []byte) string {
	sum := sha256.Sum256(id)
	return "gone:" + hex.EncodeToString(sum[:])
}
