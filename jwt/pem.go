package jwt

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

var (
	errPrivatePEM = errors.New("jwt: the private key is not one unencrypted EC key in PEM (SEC 1 or PKCS #8)")
	errPublicPEM  = errors.New("not an EC public key in PEM (SPKI)")
	errCurve      = errors.New("jwt: the key is not on the curve P-521")
)

// parsePrivate reads exactly one private key. The errors of the standard library are dropped on purpose: what they
// say about a key is nobody's business.
func parsePrivate(text []byte) (*ecdsa.PrivateKey, error) {
	var key *ecdsa.PrivateKey
	rest := unescape(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "EC PARAMETERS" {
			continue // openssl ecparam writes them before the key, which names its curve itself
		}
		if key != nil || len(block.Headers) != 0 {
			return nil, errPrivatePEM
		}
		var ok bool
		if key, ok = decodePrivate(block); !ok {
			return nil, errPrivatePEM
		}
	}
	if key == nil {
		return nil, errPrivatePEM
	}
	if key.Curve != elliptic.P521() {
		return nil, errCurve
	}
	return key, nil
}

func decodePrivate(block *pem.Block) (*ecdsa.PrivateKey, bool) {
	switch block.Type {
	case "EC PRIVATE KEY":
		key, err := x509.ParseECPrivateKey(block.Bytes)
		return key, err == nil
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		ec, ok := key.(*ecdsa.PrivateKey)
		return ec, err == nil && ok
	default:
		return nil, false
	}
}

// parsePublic reads one or more public keys.
func parsePublic(text []byte) ([]*ecdsa.PublicKey, error) {
	var keys []*ecdsa.PublicKey
	rest := unescape(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "PUBLIC KEY" {
			return nil, errPublicPEM
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes) // refuses points off the curve
		ec, ok := key.(*ecdsa.PublicKey)
		if err != nil || !ok {
			return nil, errPublicPEM
		}
		if ec.Curve != elliptic.P521() {
			return nil, errCurve
		}
		keys = append(keys, ec)
	}
	if len(keys) == 0 {
		return nil, errPublicPEM
	}
	return keys, nil
}

// unescape turns the two characters "\n" into a line break. PEM itself holds no backslash.
func unescape(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte(`\r`), nil)
	return bytes.ReplaceAll(text, []byte(`\n`), []byte("\n"))
}
