package jwt

import (
	"crypto/ecdsa"
)

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

// KnownHeads answers, for every header that the service takes without reading it, what it takes it for and what reading it says.
func KnownHeads(s *Service) (taken, read map[string][2]string, err error) {
	taken, read = map[string][2]string{}, map[string][2]string{}
	for text, h := range s.rules.known {
		taken[text] = [2]string{h.kid, h.typ}
		decoded, err := b64.DecodeString(text)
		if err != nil {
			return nil, nil, err
		}
		h, err := readHeader(decoded)
		if err != nil {
			return nil, nil, err
		}
		read[text] = [2]string{h.kid, h.typ}
	}
	return taken, read, nil
}
