package jwt

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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
	notBefore time.Time
	mac       string
}

// readClaims reads the members of a payload, each of exactly one type. A member it does not know is ignored, so that a
// token of a later version is not refused, but only where no reader could take it for one that it does know.
func readClaims(payload []byte) (*claims, error) {
	c := new(claims)
	if err := readObject(payload, c.member); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *claims) member(name string, value jsontext.Value) error {
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
		err = readTime(value, &c.IssuedAt)
	case `"exp"`:
		err = readTime(value, &c.ExpiresAt)
	case `"nbf"`:
		err = readTime(value, &c.notBefore)
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

func readInteger(value jsontext.Value, into *int64, limit int64) error {
	n, err := strconv.ParseInt(string(value), 10, 64) // refuses fractions, exponents and every other type
	if err != nil || n < 1 || n > limit {
		return errors.New("not a whole number in range")
	}
	*into = n
	return nil
}

func readTime(value jsontext.Value, into *time.Time) error {
	var n int64
	if err := readInteger(value, &n, maxTime); err != nil {
		return err
	}
	*into = time.Unix(n, 0).UTC()
	return nil
}

func readBool(value jsontext.Value, into *bool) error {
	switch value.Kind() {
	case 't', 'f':
		*into = value.Kind() == 't'
		return nil
	default:
		return errors.New("not a boolean")
	}
}

func readScope(value jsontext.Value, into *string) error {
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
func readOrigin(value jsontext.Value, into *string) error {
	if string(value) == `""` {
		return nil
	}
	return readText(value, into, maxID)
}

// readName reads text for people, which may hold whatever people type.
func readName(value jsontext.Value, into *string) error {
	if value.Kind() != '"' {
		return errors.New("not a string")
	}
	b, err := jsontext.AppendUnquote(nil, value)
	if err != nil || len(b) == 0 || len(b) > maxName {
		return errors.New("a string that is empty or too long")
	}
	*into = string(b)
	return nil
}

func readAAL(value jsontext.Value, into *int) error {
	var n int64
	if err := readInteger(value, &n, 2); err != nil {
		return err
	}
	*into = int(n)
	return nil
}

func readMethods(value jsontext.Value) ([]string, error) {
	var methods []string
	if value.Kind() != '[' {
		return nil, errors.New("not an array")
	}
	var elements []jsontext.Value
	if err := json.Unmarshal(value, &elements); err != nil || len(elements) == 0 || len(elements) > maxMethods {
		return nil, errors.New("an array that is empty or too long")
	}
	for _, e := range elements {
		var m string
		if err := readText(e, &m, maxID); err != nil {
			return nil, err
		}
		methods = append(methods, m)
	}
	return methods, nil
}

func readExtra(value jsontext.Value) (map[string]any, error) {
	if value.Kind() != '{' {
		return nil, errors.New("not an object")
	}
	var extra map[string]any
	if err := json.Unmarshal(value, &extra); err != nil {
		return nil, fmt.Errorf("not an object: %w", err)
	}
	return extra, nil
}

func isControl(r rune) bool { return unicode.IsControl(r) }
