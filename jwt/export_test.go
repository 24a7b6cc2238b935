package jwt

import (
	"crypto/ecdsa"
	"runtime"
	"testing"

	"github.com/crafteasy/auth/internal/turns"
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

// HoldCurve takes all turns of r for curve operations, and answers how to give them back.
func HoldCurve(tb testing.TB, r *Remote) (giveBack func()) {
	tb.Helper()
	var held []*turns.Turn
	for range max(runtime.GOMAXPROCS(0)/2, 1) {
		turn, err := r.curve.Take(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		held = append(held, turn)
	}
	return func() {
		for _, t := range held {
			t.GiveBack()
		}
	}
}

// Shrink leaves r room for one token that it has seen.
func Shrink(r *Remote) { r.seen = make(seen, 1) }
