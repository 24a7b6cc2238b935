package webauthn

import (
	"errors"
	"math/big"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	rp "github.com/go-webauthn/webauthn/webauthn"
)

// Bounds of RSA keys: shorter ones are weak, longer ones are made to keep the verifier busy.
const (
	fewestRSABits = 2048
	mostRSABits   = 4096
	leastRSAPower = 65537
)

// acceptable refuses a new passkey whose statement or key the library accepts and this package does not.
func acceptable(p *protocol.ParsedCredentialCreationData) error {
	switch protocol.AttestationFormat(p.Response.AttestationObject.Format) {
	case protocol.AttestationFormatNone, protocol.AttestationFormatPacked:
	default:
		return errors.New("the attestation has a format that is not accepted")
	}
	return checkKey(p.Response.AttestationObject.AuthData.AttData.CredentialPublicKey)
}

// checkKey refuses a COSE_Key of an algorithm that is not offered, or too weak.
func checkKey(key []byte) error {
	parsed, err := webauthncose.ParsePublicKey(key)
	if err != nil {
		return errors.New("the public key is none")
	}
	var alg int64
	switch k := parsed.(type) {
	case webauthncose.EC2PublicKeyData:
		alg = k.Algorithm
	case webauthncose.OKPPublicKeyData:
		alg = k.Algorithm
	case webauthncose.RSAPublicKeyData:
		alg = k.Algorithm
		n := new(big.Int).SetBytes(k.Modulus)
		e, err := webauthncose.ParseRSAPublicKeyDataExponent(&k)
		if err != nil || e < leastRSAPower || e%2 == 0 || n.Bit(0) == 0 || n.BitLen() < fewestRSABits || n.BitLen() > mostRSABits {
			return errors.New("the RSA key is too weak or too long")
		}
	}
	for _, offered := range algorithms() {
		if int64(offered.Algorithm) == alg {
			return nil
		}
	}
	return errors.New("the public key is of an algorithm that was not offered")
}

// account is a user as the library sees one.
type account struct {
	handle        []byte
	name, display string
	creds         []rp.Credential
}

func (a *account) WebAuthnID() []byte                   { return a.handle }
func (a *account) WebAuthnName() string                 { return a.name }
func (a *account) WebAuthnDisplayName() string          { return a.display }
func (a *account) WebAuthnCredentials() []rp.Credential { return a.creds }

// forLibrary is the passkey as the library checks it.
func (c Credential) forLibrary() rp.Credential {
	out := rp.Credential{
		ID: c.ID, PublicKey: c.PublicKey,
		Flags:         rp.CredentialFlags{UserPresent: true, UserVerified: c.UserVerified, BackupEligible: c.BackupEligible, BackupState: c.BackedUp},
		Authenticator: rp.Authenticator{AAGUID: c.AAGUID, SignCount: c.Counter},
	}
	for _, t := range c.Transports {
		out.Transport = append(out.Transport, protocol.AuthenticatorTransport(t))
	}
	return out
}

func forLibrary(list []Credential) []rp.Credential {
	out := make([]rp.Credential, 0, len(list))
	for _, c := range list {
		out = append(out, c.forLibrary())
	}
	return out
}

// classOf names the class of a refusal of the library, never its details: they repeat what the client sent.
func classOf(err error) error {
	if e, ok := errors.AsType[*protocol.Error](err); ok && e.Type != "" {
		return errors.New("the library refuses it: " + e.Type)
	}
	return errors.New("the library refuses it")
}
