// Package secret holds what must not leak: key material that cannot print itself, keys derived per purpose,
// authenticated encryption and keyed MACs with rotation, and random handles.
//
// Every use of the configured secret goes through [Ring.Key] with a purpose label of its own (HKDF-SHA-256,
// RFC 5869), so that a value made for one purpose is worthless for another.
package secret

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// MinBytes is the least length of a configured secret.
const MinBytes = 32

// redacted is all that a secret shows of itself.
const redacted = "[secret]"

// Secret is key material. Printing, logging or marshalling it shows "[secret]"; [Secret.Reveal] is the one way out.
// The zero value is empty.
//
// The bytes lie in a closure: fmt cannot call Format on a value in another type's unexported field, follows pointers there, and
// shows no more than the address of a function.
type Secret struct{ b func() []byte }

// hold makes a secret of bytes that nobody else keeps.
func hold(b []byte) Secret { return Secret{func() []byte { return b }} }

// New makes a random secret of 32 bytes.
func New() Secret {
	b := make([]byte, MinBytes)
	_, _ = rand.Read(b) // crypto/rand.Read never returns an error; it ends the program instead.
	return hold(b)
}

// FromBytes makes a secret of at least [MinBytes] bytes. It keeps a copy.
func FromBytes(b []byte) (Secret, error) {
	if len(b) < MinBytes {
		return Secret{}, fmt.Errorf("secret: needs at least %d bytes", MinBytes)
	}
	if uniform(b) {
		return Secret{}, errors.New("secret: all bytes are the same")
	}
	return hold(bytes.Clone(b)), nil
}

func uniform(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}

// Parse reads a secret from standard or URL base64, with or without padding.
func Parse(s string) (Secret, error) {
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return Secret{}, errors.New("secret: not base64")
	}
	return FromBytes(b)
}

// IsZero reports whether no secret was set.
func (s Secret) IsZero() bool { return s.b == nil }

// Reveal answers a copy of the bytes. Every call deserves a look in a review.
func (s Secret) Reveal() []byte {
	if s.b == nil {
		return nil
	}
	return bytes.Clone(s.b())
}

// String hides the secret.
func (Secret) String() string { return redacted }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return redacted }

// Format hides the secret from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue hides the secret from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the secret from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
