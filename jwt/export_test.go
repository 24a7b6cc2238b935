package jwt

import "crypto/ecdsa"

// Examine runs everything but the curve.
func Examine(s *Service, token string) (*TokenPayload, error) {
	_, _, p, err := s.examine(token, false)
	return p, err
}

// SignText is what the library does to make a signature.
func SignText(k *Keys, text string) ([]byte, error) { return k.sign(text) }

// VerifySignature is what the library does with a signature, after the parts before it have passed.
func VerifySignature(key *ecdsa.PublicKey, signed string, signature []byte) error {
	return (&compact{signed: signed, signature: signature}).verify(key)
}

// ParseJWKS answers the ids of the keys that a Remote takes from a key set.
func ParseJWKS(text []byte) ([]string, error) {
	keys, err := parseJWKS(text)
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.id)
	}
	return ids, err
}
