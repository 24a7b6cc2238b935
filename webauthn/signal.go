package webauthn

import (
	"context"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/crafteasy/auth/user"
)

// Signals are arguments for the functions of PublicKeyCredential that are named like them (WebAuthn Level 3, section 5.1.10).
//
//nolint:tagliatelle // names of the standard
type Signals struct {
	// AllAccepted lets the browser drop passkeys that are not on the list.
	AllAccepted AllAccepted `json:"signalAllAcceptedCredentials"`
	// UserDetails lets the browser show the account under its present name.
	UserDetails UserDetails `json:"signalCurrentUserDetails"`
}

// AllAccepted are all passkeys of a user.
//
//nolint:tagliatelle // names of the standard
type AllAccepted struct {
	RPID string                      `json:"rpId"`
	User protocol.URLEncodedBase64   `json:"userId"`
	IDs  []protocol.URLEncodedBase64 `json:"allAcceptedCredentialIds"`
}

// UserDetails are the names of a user.
//
//nolint:tagliatelle // names of the standard
type UserDetails struct {
	RPID        string                    `json:"rpId"`
	User        protocol.URLEncodedBase64 `json:"userId"`
	Name        string                    `json:"name"`
	DisplayName string                    `json:"displayName"`
}

// UnknownCredential names a passkey that its owner has removed.
//
//nolint:tagliatelle // names of the standard
type UnknownCredential struct {
	RPID         string                    `json:"rpId"`
	CredentialID protocol.URLEncodedBase64 `json:"credentialId"`
}

func (s *Service) signals(ctx context.Context, u user.User) (Signals, error) {
	a, list, err := s.accountOf(ctx, u)
	if err != nil {
		return Signals{}, err
	}
	return s.signalsOf(a, list), nil
}

func (s *Service) signalsOf(a *account, list []Credential) Signals {
	ids := make([]protocol.URLEncodedBase64, 0, len(list))
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return Signals{
		AllAccepted: AllAccepted{RPID: s.opts.RPID, User: a.handle, IDs: ids},
		UserDetails: UserDetails{RPID: s.opts.RPID, User: a.handle, Name: a.name, DisplayName: a.display},
	}
}
