package jwt

import "crypto/ecdsa"

// Examine runs everything but the curve.
func Examine(s *Service, token string) error {
	_, _, _, err := s.examine(token, false)
	return err
}

// VerifySignature is what the library does with a signature, after the parts before it have passed.
func VerifySignature(key *ecdsa.PublicKey, signed string, signature []byte) error {
	return (&compact{signed: signed, signature: signature}).verify(key)
}
