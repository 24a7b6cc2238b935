package jwt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"slices"
)

// maxKeys bounds the verification keys of one issuer, so that the published set stays small enough for every reader.
const maxKeys = 16

// Keys are one private P-521 key, which signs, and the public keys that verify: its own and those of earlier or later
// private keys. They are immutable and safe for concurrent use. They cannot print themselves; [Keys.PrivatePEM] is the
// one way out.
type Keys struct {
	private *ecdsa.PrivateKey
	public  []publicKey // the one that belongs to private first
}

// publicKey is a verification key under its RFC 7638 thumbprint, so that one key has one name everywhere.
type publicKey struct {
	id  string
	key *ecdsa.PublicKey
}

// GenerateKeys makes a new key pair.
func GenerateKeys() (*Keys, error) {
	private, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("jwt: generating a key: %w", err)
	}
	return newKeys(private)
}

// ParseKeys reads a private key in PEM (SEC 1 as "openssl ecparam -genkey -name secp521r1" writes it, or PKCS #8) and
// any number of further public keys (SPKI) that verify but never sign, for rotation. The public key that belongs to the
// private one may be among them. Line breaks may be written as the two characters "\n", as environments need it.
// Anything but P-521 is an error, and no error shows any of the input.
func ParseKeys(private []byte, public ...[]byte) (*Keys, error) {
	key, err := parsePrivate(private)
	if err != nil {
		return nil, err
	}
	k, err := newKeys(key)
	if err != nil {
		return nil, err
	}
	return k.With(public...)
}

func newKeys(private *ecdsa.PrivateKey) (*Keys, error) {
	own, err := newPublicKey(&private.PublicKey)
	if err != nil {
		return nil, err
	}
	return &Keys{private, []publicKey{own}}, nil
}

func newPublicKey(key *ecdsa.PublicKey) (publicKey, error) {
	id, err := thumbprint(key)
	if err != nil {
		return publicKey{}, err
	}
	return publicKey{id, key}, nil
}

// With answers keys that accept the given public keys (SPKI in PEM, one or more in each argument) as well. A key that is
// there already is not added again.
func (k *Keys) With(public ...[]byte) (*Keys, error) {
	more := &Keys{k.private, slices.Clone(k.public)}
	for i, text := range public {
		keys, err := parsePublic(text)
		if err != nil {
			return nil, fmt.Errorf("jwt: public key %d: %w", i+1, err)
		}
		for _, key := range keys {
			p, err := newPublicKey(key)
			if err != nil {
				return nil, fmt.Errorf("jwt: public key %d: %w", i+1, err)
			}
			if _, ok := more.find(p.id); !ok {
				more.public = append(more.public, p)
			}
		}
	}
	if len(more.public) > maxKeys {
		return nil, fmt.Errorf("jwt: more than %d verification keys", maxKeys)
	}
	return more, nil
}

// Match reports an error unless public (SPKI in PEM) is the one public key that belongs to the private key.
func (k *Keys) Match(public []byte) error {
	keys, err := parsePublic(public)
	if err != nil {
		return fmt.Errorf("jwt: public key: %w", err)
	}
	if len(keys) != 1 || !keys[0].Equal(&k.private.PublicKey) {
		return errors.New("jwt: the public key does not belong to the private key")
	}
	return nil
}

// ID is the kid of the tokens that these keys sign: the RFC 7638 thumbprint (SHA-256, base64url) of the public key.
func (k *Keys) ID() string { return k.public[0].id }

// PrivatePEM is the signing key as PKCS #8 in PEM, for a key file. Every call deserves a look in a review.
func (k *Keys) PrivatePEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("jwt: encoding the private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// PublicPEM is the public key that belongs to the signing key, as SPKI in PEM.
func (k *Keys) PublicPEM() ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(&k.private.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("jwt: encoding the public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// find looks a verification key up by its id.
func (k *Keys) find(id string) (*ecdsa.PublicKey, bool) {
	for _, p := range k.public {
		if p.id == id {
			return p.key, true
		}
	}
	return nil, false
}

const hiddenKeys = "[jwt keys]"

// String hides the keys.
func (Keys) String() string { return hiddenKeys }

// GoString hides the keys from %#v.
func (Keys) GoString() string { return hiddenKeys }

// Format hides the keys from every verb.
func (Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hiddenKeys)) }

// LogValue hides the keys from slog.
func (Keys) LogValue() slog.Value { return slog.StringValue(hiddenKeys) }

// MarshalText hides the keys from encoders.
func (Keys) MarshalText() ([]byte, error) { return []byte(hiddenKeys), nil }
