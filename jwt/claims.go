package jwt

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	gojwt "github.com/golang-jwt/jwt/v5"
)

// Bounds of what a payload holds, in bytes and members.
const (
	maxID      = 255
	maxName    = 1024
	maxMethods = 16
	// maxTime is the last second of the year 9999, the last that RFC 3339 can write.
	maxTime = 253402300799
	// maxInteger is the largest integer that every JSON reader keeps exact (RFC 7493 section 2.2).
	maxInteger = 1<<53 - 1
)

// claims is a payload as it was read, with what [TokenPayload] has no field for.
type claims struct {
	TokenPayload
	mac           string
	iat, exp, nbf gojwt.NumericDate
	aud           [1]string
}

// readClaims reads the members of a payload, each of exactly one type. A member it does not know is ignored, so that a
// token of a later version is not refused, but only where no reader could take it for one that it does know.
func readClaims(payload []byte) (*claims, error) {
	c := new(claims)
	if err := readObject(payload, c.member); err != nil {
		return nil, err
	}
	c.IssuedAt, c.ExpiresAt, c.aud[0] = c.iat.Time, c.exp.Time, c.Audience
	return c, nil
}

func (c *claims) member(name, value string) error {
	var err error
	switch name {
	case `"iss"`:
		err = readText(value, &c.Issuer, maxID)
	case `"aud"`:
		err = readText(value, &c.Audience, maxID+len(preAuthSuffix))
	case `"sub"`:
		err = readText(value, &c.UserID, maxID)
	case `"jti"`:
		err = readText(value, &c.TokenID, maxID)
	case `"iat"`:
		err = readTime(value, &c.iat.Time)
	case `"exp"`:
		err = readTime(value, &c.exp.Time)
	case `"nbf"`:
		err = readTime(value, &c.nbf.Time)
	case `"token_type"`:
		err = readText(value, (*string)(&c.TokenType), maxID)
	case `"user_name"`:
		err = readName(value, &c.UserName)
	case `"tenant_id"`:
		err = readText(value, &c.TenantID, maxID)
	case `"partner_id"`:
		err = readText(value, &c.PartnerID, maxID)
	case `"scope"`:
		err = readScope(value, &c.Scope)
	case `"origin_app"`:
		err = readOrigin(value, &c.OriginApp)
	case `"is_system_user"`:
		err = readBool(value, &c.IsSystemUser)
	case `"sid"`:
		err = readText(value, &c.SessionID, maxID)
	case `"auth_time"`:
		err = readTime(value, &c.AuthTime)
	case `"epoch"`:
		err = readInteger(value, &c.Epoch, maxInteger)
	case `"aal"`:
		err = readAAL(value, &c.AAL)
	case `"amr"`:
		c.Methods, err = readMethods(value)
	case `"extra"`:
		c.Extra, err = readExtra(value)
	case `"mac"`:
		err = readText(value, &c.mac, macText)
	default:
		err = checkUnknown(name)
	}
	if err != nil {
		return fmt.Errorf("claim %.32s: %w", name, err)
	}
	return nil
}

// known are the names of all claims as a forgiving reader would compare them.
var known = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq("iss aud sub jti iat exp nbf token_type user_name tenant_id partner_id scope " +
		"origin_app is_system_user sid auth_time epoch aal amr extra mac") {
		m[forgiving(name)] = true
	}
	return m
}()

// forgiving folds what readers are known to fold: case, dashes and underscores.
func forgiving(name string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
}

// checkUnknown refuses a claim that another reader could bind to one of ours. Folding reaches beyond ASCII (U+017F is an
// s), and an escape hides a letter, so a name with either is refused altogether.
func checkUnknown(name string) error {
	for i := range len(name) {
		if name[i] >= 0x80 || name[i] == '\\' {
			return errors.New("an unknown name outside plain ASCII")
		}
	}
	if known[forgiving(strings.Trim(name, `"`))] {
		return errors.New("a variant of a known name")
	}
	return nil
}

func readInteger(value string, into *int64, limit int64) error {
	n, err := strconv.ParseInt(value, 10, 64) // refuses fractions, exponents and every other type
	if err != nil || n < 1 || n > limit {
		return errors.New("not a whole number in range")
	}
	*into = n
	return nil
}

func readTime(value string, into *time.Time) error {
	var n int64
	if err := readInteger(value, &n, maxTime); err != nil {
		return err
	}
	*into = time.Unix(n, 0).UTC()
	return nil
}

func readBool(value string, into *bool) error {
	switch value {
	case "true", "false":
		*into = value == "true"
		return nil
	default:
		return errors.New("not a boolean")
	}
}

func readScope(value string, into *string) error {
	if err := readText(value, into, maxID); err != nil {
		return err
	}
	switch *into {
	case ScopeTenant, ScopePartner, ScopeSystem:
		return nil
	default:
		return errors.New("an unknown scope")
	}
}

// readOrigin is readText for the one identifier that may be empty.
func readOrigin(value string, into *string) error {
	if value == `""` {
		return nil
	}
	return readText(value, into, maxID)
}

// readName reads text for people, which may hold whatever people type.
func readName(value string, into *string) error {
	s, err := unquote(value)
	if err != nil {
		return err
	}
	if s == "" || len(s) > maxName {
		return errors.New("a string that is empty or too long")
	}
	*into = s
	return nil
}

func readAAL(value string, into *int) error {
	var n int64
	if err := readInteger(value, &n, 2); err != nil {
		return err
	}
	*into = int(n)
	return nil
}

func readMethods(value string) ([]string, error) {
	if value[0] != '[' {
		return nil, errors.New("not an array")
	}
	var methods []string
	if err := json.Unmarshal([]byte(value), &methods); err != nil || len(methods) == 0 || len(methods) > maxMethods {
		return nil, errors.New("not an array of 1 to 16 strings")
	}
	for _, m := range methods { // null became the empty string
		if !validText(m, maxID) {
			return nil, errors.New("a string that is empty, too long, or holds control characters")
		}
	}
	return methods, nil
}

func readExtra(value string) (map[string]any, error) {
	if value[0] != '{' {
		return nil, errors.New("not an object")
	}
	var extra map[string]any
	if err := json.Unmarshal([]byte(value), &extra); err != nil {
		return nil, fmt.Errorf("not an object: %w", err)
	}
	return extra, nil
}

// What follows makes claims a [gojwt.Claims], for the validator that judges the registered ones.

// GetExpirationTime implements [gojwt.Claims].
func (c *claims) GetExpirationTime() (*gojwt.NumericDate, error) { return &c.exp, nil }

// GetIssuedAt implements [gojwt.Claims].
func (c *claims) GetIssuedAt() (*gojwt.NumericDate, error) { return &c.iat, nil }

// GetNotBefore implements [gojwt.Claims]. The claim is optional.
func (c *claims) GetNotBefore() (*gojwt.NumericDate, error) {
	if c.nbf.IsZero() {
		return nil, nil //nolint:nilnil // the interface means "not there" by it
	}
	return &c.nbf, nil
}

// GetIssuer implements [gojwt.Claims].
func (c *claims) GetIssuer() (string, error) { return c.Issuer, nil }

// GetSubject implements [gojwt.Claims].
func (c *claims) GetSubject() (string, error) { return c.UserID, nil }

// GetAudience implements [gojwt.Claims].
func (c *claims) GetAudience() (gojwt.ClaimStrings, error) { return c.aud[:], nil }

// endless are claims whose end is not looked at.
type endless struct{ *claims }

// GetExpirationTime implements [gojwt.Claims].
func (endless) GetExpirationTime() (*gojwt.NumericDate, error) {
	return nil, nil //nolint:nilnil // the interface means "not there" by it
}
