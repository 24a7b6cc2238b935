package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/crafteasy/auth/internal/secret"
)

// Secret is the key that a sender and its gateway share. It cannot print itself. Make one with auth.NewSecret or
// [ParseSecret].
type Secret = secret.Secret

// Tolerance is how far a request's time may be from the gateway's clock, before or after.
const Tolerance = 5 * time.Minute

// The headers of Standard Webhooks.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
	version         = "v1,"
	maxSignatures   = 16
)

// Refusals of [Verify].
var (
	// ErrSignature covers a signature that is missing, malformed, or made with another secret over another text.
	ErrSignature = errors.New("webhook: the signature is not valid")
	// ErrTimestamp says that the signature is genuine and too old, or too new: a replay, or a clock that is wrong.
	ErrTimestamp = errors.New("webhook: the request is not of this time")
)

// ParseSecret reads a secret from base64, with or without the prefix "whsec_". It needs at least 32 bytes.
func ParseSecret(s string) (Secret, error) {
	return secret.Parse(strings.TrimPrefix(strings.TrimSpace(s), "whsec_"))
}

// Verify checks a request that a gateway received: h are its headers, body the exact bytes of its body, now the
// gateway's time. Any of the secrets may have signed it. A gateway should also remember the webhook-id of requests it
// has served for twice the [Tolerance], and answer 200 to a double without sending it again.
//
// What is read from the body before Verify answered nil was written by anybody.
func Verify(h http.Header, body []byte, now time.Time, secrets ...Secret) error {
	id, ok1 := single(h, headerID)
	at, ok2 := single(h, headerTimestamp)
	sent, ok3 := single(h, headerSignature)
	if !ok1 || !ok2 || !ok3 || strings.Contains(id, ".") || strings.Contains(at, ".") {
		return ErrSignature
	}
	all := strings.SplitN(sent, " ", maxSignatures+1)
	if len(all) > maxSignatures {
		return ErrSignature
	}
	genuine := false
	for _, s := range secrets {
		if s.IsZero() {
			continue
		}
		want := []byte(sign(s.Reveal(), id, at, body))
		for _, got := range all {
			if hmac.Equal([]byte(got), want) {
				genuine = true
			}
		}
	}
	if !genuine {
		return ErrSignature
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return ErrSignature
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > Tolerance || age < -Tolerance {
		return ErrTimestamp
	}
	return nil
}

// single is a header that is there once.
func single(h http.Header, name string) (string, bool) {
	v := h.Values(name)
	if len(v) != 1 || v[0] == "" {
		return "", false
	}
	return v[0], true
}

// signatures are those of all keys, as the header lists them.
func signatures(keys []Secret, id, at string, body []byte) string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = sign(k.Reveal(), id, at, body)
	}
	return strings.Join(all, " ")
}

// sign is one entry of the signature header: HMAC-SHA-256 over id, time and body.
func sign(key []byte, id, at string, body []byte) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id + "." + at + "."))
	m.Write(body)
	return version + base64.StdEncoding.EncodeToString(m.Sum(nil))
}
