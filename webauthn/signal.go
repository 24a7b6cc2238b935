package webauthn

import (
	"cmp"
	"context"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/user"
)

// Signals are arguments for the functions of PublicKeyCredential that are named like them (WebAuthn Level 3, section 5.1.10).
type Signals struct {
	// AllAccepted lets the browser drop passkeys that are not on the list.
	AllAccepted AllAccepted `json:"signalAllAcceptedCredentials"`
	// UserDetails lets the browser show the account under its present name.
	UserDetails UserDetails `json:"signalCurrentUserDetails"`
}

// AllAccepted are all passkeys of a user.
type AllAccepted struct {
	RPID string                      `json:"rpId"`
	User protocol.URLEncodedBase64   `json:"userId"`
	IDs  []protocol.URLEncodedBase64 `json:"allAcceptedCredentialIds"`
}

// UserDetails are the names of a user.
type UserDetails struct {
	RPID        string                    `json:"rpId"`
	User        protocol.URLEncodedBase64 `json:"userId"`
	Name        string                    `json:"name"`
	DisplayName string                    `json:"displayName"`
}

// UnknownCredential names a passkey that its owner has removed.
type UnknownCredential struct {
	RPID         string                    `json:"rpId"`
	CredentialID protocol.URLEncodedBase64 `json:"credentialId"`
}

// signals answers what the browser should know of a user whose handle is known from one of their passkeys.
func (s *Service) signals(ctx context.Context, u user.User, handle []byte) (Signals, error) {
	list, err := s.store.List(ctx, u.ID)
	if err != nil {
		return Signals{}, problem.Unavailable(err)
	}
	return s.signalsOf(u, handle, list), nil
}

func (s *Service) signalsOf(u user.User, handle []byte, list []Credential) Signals {
	ids := make([]protocol.URLEncodedBase64, 0, len(list))
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	name, display := shown(u)
	return Signals{
		AllAccepted: AllAccepted{RPID: s.opts.RPID, User: handle, IDs: ids},
		UserDetails: UserDetails{RPID: s.opts.RPID, User: handle, Name: name, DisplayName: display},
	}
}

// shown are the names by which authenticators show a user.
func shown(u user.User) (name, display string) {
	name = cmp.Or(u.Email, u.Phone, u.Name, "account")
	return name, cmp.Or(u.Name, name)
}
