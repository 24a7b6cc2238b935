package totp

import (
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// secretBytes is the length of a shared secret: 160 bits (RFC 4226 section 4).
const secretBytes = 20

// base32Text is how secrets and recovery codes are written.
var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// codeAt is the code of a step.
func codeAt(key []byte, step int64, digits int, algorithm otp.Algorithm) (string, error) {
	if step < 0 {
		return "", errors.New("totp: the clock shows a time before 1970")
	}
	return hotp.GenerateCodeCustom(base32Text.EncodeToString(key), uint64(step), hotp.ValidateOpts{
		Digits: otp.Digits(digits), Algorithm: algorithm,
	})
}

// stepAt is the number of the step that t lies in.
func (s *Service) stepAt(t time.Time) int64 { return t.Unix() / int64(s.opts.Period/time.Second) }

// match answers the step within the window whose code this is. All steps are computed and compared, so that the time it takes
// does not tell which one was near; where two have the same code the later one counts, so that the code is used up for both.
func (s *Service) match(key []byte, code string) (step int64, ok bool, err error) {
	present := s.stepAt(s.opts.Now())
	for at := present - int64(s.opts.Window); at <= present+int64(s.opts.Window); at++ {
		want, err := codeAt(key, at, s.opts.Digits, otp.AlgorithmSHA1)
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = at, true
		}
	}
	return step, ok, nil
}

// isCode reports whether s is exactly length ASCII digits.
func isCode(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789") == ""
}
