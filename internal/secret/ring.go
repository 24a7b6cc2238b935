package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
)

// ErrOpen says that a sealed value does not open: another key, another owner, or changed bytes.
var ErrOpen = errors.New("secret: the sealed value does not open")

// Ring is the configured secret with its predecessors. What is made uses the current one; what is checked accepts
// them all. It is immutable and safe for concurrent use.
type Ring struct {
	all       []Secret
	namespace string
}

// NewRing makes a ring from the current secret and the previous ones.
func NewRing(current Secret, previous ...Secret) (*Ring, error) {
	all := append([]Secret{current}, previous...)
	for _, s := range all {
		if s.b == nil || len(s.b()) < MinBytes {
			return nil, errors.New("secret: a secret of the ring is too short")
		}
	}
	return &Ring{all: all}, nil
}

// In answers a ring whose keys are worthless in every other namespace. The empty name is the ring itself.
func (r *Ring) In(namespace string) *Ring { return &Ring{r.all, namespace} }

// Key derives the 32-byte keys of one purpose, the current one first. Labels look like "auth/v1/jwt-mac".
func (r *Ring) Key(label string) Keys {
	if r.namespace != "" {
		label += "/" + r.namespace
	}
	keys := make([][]byte, len(r.all))
	for i, s := range r.all {
		k, err := hkdf.Key(sha256.New, s.b(), nil, label, sha256.Size)
		if err != nil {
			panic("secret: " + err.Error()) // the length is constant and valid
		}
		keys[i] = k
	}
	return Keys{func() [][]byte { return keys }}
}

// Keys are the keys of one purpose, the current one first. Like a [Secret] they cannot print themselves.
type Keys struct{ all func() [][]byte }

// Format hides the keys from every verb.
func (Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue hides the keys from slog.
func (Keys) LogValue() slog.Value { return slog.StringValue(redacted) }

// MAC is HMAC-SHA-256 under the current key. Parts are separated so that no two lists of parts collide.
func (k Keys) MAC(parts ...string) []byte { return mac(k.all()[0], parts) }

// Verify reports in constant time whether sum is the MAC of parts under any key of the ring.
func (k Keys) Verify(sum []byte, parts ...string) bool {
	ok := false
	for _, key := range k.all() {
		if hmac.Equal(sum, mac(key, parts)) {
			ok = true
		}
	}
	return ok
}

// mac feeds each part behind its length, so that the boundary between two parts is part of the sum.
func mac(key []byte, parts []string) []byte {
	h := hmac.New(sha256.New, key)
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// Seal encrypts plain with AES-256-GCM under the current key. What binds the value to its owner goes into context,
// which is authenticated and not stored.
func (k Keys) Seal(plain []byte, context string) ([]byte, error) {
	aead, err := aeadOf(k.all()[0])
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return aead.Seal(nonce, nonce, plain, []byte(context)), nil
}

// Open decrypts what [Keys.Seal] made with the same context, under any key of the ring. Anything else is [ErrOpen].
func (k Keys) Open(sealed []byte, context string) ([]byte, error) {
	for _, key := range k.all() {
		aead, err := aeadOf(key)
		if err != nil {
			return nil, err
		}
		n := aead.NonceSize()
		if len(sealed) < n {
			return nil, ErrOpen
		}
		if plain, err := aead.Open(nil, sealed[:n], sealed[n:], []byte(context)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrOpen
}

// Reseal seals anew under the current key what only an older one opens. ok is false where there is nothing to do: the current key opens
// it, or none does.
func (k Keys) Reseal(sealed []byte, context string) (fresh []byte, ok bool) {
	older := Keys{func() [][]byte { return k.all()[1:] }}
	plain, err := older.Open(sealed, context)
	if err != nil {
		return nil, false
	}
	fresh, err = k.Seal(plain, context)
	return fresh, err == nil
}

func aeadOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
