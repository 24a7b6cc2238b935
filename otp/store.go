package otp

import (
	"encoding/base64"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/user"
)

// A code lives under "c:<challenge>". "latest:<target>" holds a copy of the newest one of an address, for requests that name no
// challenge. "n:<challenge>" and "l:<challenge>" count the guesses with and without the handle. "a:<challenge>" holds, encrypted, the
// address that a change is about.

// record is what is kept of a code.
type record struct {
	Challenge string  `json:"challenge"`
	Purpose   Purpose `json:"purpose"`
	// Target is a keyed MAC of channel and address.
	Target string `json:"target"`
	// Code is a keyed MAC of the code, bound to all of the above.
	Code []byte `json:"code"`
	// UserID is the account the code was made for: the one that held the address, or the one that asks for a change.
	UserID string `json:"user_id,omitzero"`
	// App is the application that the request named.
	App string `json:"app,omitzero"`
	// Expires is compared with this service's own clock, in Unix milliseconds.
	Expires int64 `json:"expires"`
}

func (s *Service) target(purpose Purpose, to user.Identifier) string {
	return base64.RawURLEncoding.EncodeToString(s.keys.MAC("target", string(purpose), string(to.Kind), to.Value))
}

// isTarget reports whether rec is of the address, under the current and all previous secrets.
func (s *Service) isTarget(rec record, purpose Purpose, to user.Identifier) bool {
	sum, err := base64.RawURLEncoding.DecodeString(rec.Target)
	return err == nil && s.keys.Verify(sum, "target", string(purpose), string(to.Kind), to.Value)
}

func (s *Service) seal(rec *record, code string) {
	rec.Code = s.keys.MAC("code", string(rec.Purpose), rec.Target, rec.Challenge, code)
}

// matches compares in constant time, under the current and all previous secrets.
func (s *Service) matches(rec record, code string) bool {
	return s.keys.Verify(rec.Code, "code", string(rec.Purpose), rec.Target, rec.Challenge, code)
}

// live is strict: a code is good before its end, not at it.
func (rec record) live(now time.Time) bool { return now.UnixMilli() < rec.Expires }

func (rec record) encode() ([]byte, error) { return json.Marshal(rec) }

func decode(b []byte) (rec record, err error) {
	err = json.Unmarshal(b, &rec)
	return rec, err
}
