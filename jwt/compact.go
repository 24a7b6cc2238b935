package jwt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// algorithm is the only one (RFC 7518 section 3.4).
	algorithm = "ES512"
	// maxToken is the most that is looked at, in bytes.
	maxToken = 8 << 10
	// signatureSize is R and S, each in the size of the group's order.
	signatureSize = 2 * coordinateSize
)

// compact is a token in its parts (RFC 7515 section 7.1), of which nothing is proven yet.
type compact struct {
	signed    string // what the signature covers: two segments and the dot between them
	header    string // the first segment
	kid, typ  string
	payload   []byte
	signature []byte // 132 bytes
}

// refuse answers the one refusal that outsiders see, with the reason for the log.
func refuse(reason string) error { return problem.ErrInvalidToken.Wrap(errors.New(reason)) }

// parseCompact takes a token apart. It accepts one spelling of each token and nothing else: no other serialisation, no
// padding, no stray bits, no further header members (RFC 8725 sections 3.1 and 3.10).
func parseCompact(token string) (*compact, error) {
	first, second, err := split(token)
	if err != nil {
		return nil, err
	}
	c := &compact{signed: token[:second], header: token[:first]}
	header, err := b64.DecodeString(c.header)
	if err != nil {
		return nil, refuse("the header is not canonical base64url")
	}
	if err := c.readHeader(header); err != nil {
		return nil, err
	}
	if c.payload, err = b64.DecodeString(token[first+1 : second]); err != nil {
		return nil, refuse("the payload is not canonical base64url")
	}
	if c.signature, err = b64.DecodeString(token[second+1:]); err != nil {
		return nil, refuse("the signature is not canonical base64url")
	}
	if len(c.signature) != signatureSize {
		return nil, refuse("the signature does not have 132 bytes")
	}
	return c, nil
}

// split finds the two dots between three segments. A token is made of the base64url alphabet and dots alone; every other
// character, a line break included, makes it something else.
func split(token string) (first, second int, err error) {
	if len(token) > maxToken {
		return 0, 0, refuse("longer than 8 KiB")
	}
	dots := 0
	for i := range len(token) {
		switch c := token[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		case c == '.' && dots == 0:
			first, dots = i, 1
		case c == '.' && dots == 1:
			second, dots = i, 2
		case c == '.':
			return 0, 0, refuse("more than three segments")
		default:
			return 0, 0, refuse("a character outside the alphabet")
		}
	}
	if dots != 2 || first == 0 || second == first+1 || second == len(token)-1 {
		return 0, 0, refuse("not three segments")
	}
	return first, second, nil
}

// readHeader demands exactly alg, kid and typ, each a string, in any order. What is not among them (crit, jwk, jku, x5u,
// x5c, zip, cty, enc, b64 and the rest) is refused, not ignored (RFC 7515 section 4.1.11, RFC 8725 section 3.10).
func (c *compact) readHeader(header []byte) error {
	var alg string
	err := readObject(header, func(name string, value jsontext.Value) error {
		var into *string
		switch name {
		case `"alg"`:
			into = &alg
		case `"kid"`:
			into = &c.kid
		case `"typ"`:
			into = &c.typ
		default:
			return fmt.Errorf("header member %.32s", name)
		}
		return readText(value, into, maxID)
	})
	switch {
	case err != nil:
		return problem.ErrInvalidToken.Wrap(fmt.Errorf("header: %w", err))
	case alg != algorithm:
		return refuse("the algorithm is not ES512")
	case c.kid == "" || c.typ == "":
		return refuse("no kid or typ")
	}
	return nil
}

// readObject calls member for every member of a JSON object, with the name as it is written, quotes included. It refuses
// whatever RFC 7493 refuses, duplicate names and bad UTF-8 above all, and any data behind the object.
func readObject(text []byte, member func(name string, value jsontext.Value) error) error {
	if nested(text) > maxDepth {
		return errors.New("nested too deeply")
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(text))
	open, err := dec.ReadToken()
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	if open.Kind() != '{' {
		return errors.New("not a JSON object")
	}
	for dec.PeekKind() != '}' {
		value, err := dec.ReadValue()
		if err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		name := string(value)
		if value, err = dec.ReadValue(); err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		if err := member(name, value); err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("data behind the JSON object")
	}
	return nil
}

// maxDepth bounds how deeply objects and arrays are nested, for the sake of everybody who handles the payload later.
const maxDepth = 16

// nested is the depth of a JSON text; for anything else it is at least the depth that a parser could reach.
func nested(text []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// readText reads a JSON string of 1 to limit bytes without control characters.
func readText(value jsontext.Value, into *string, limit int) error {
	if value.Kind() != '"' {
		return errors.New("not a string")
	}
	b, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return fmt.Errorf("not a string: %w", err)
	}
	s := string(b)
	if s == "" || len(s) > limit {
		return errors.New("a string that is empty or too long")
	}
	if strings.ContainsFunc(s, isControl) {
		return errors.New("a string with control characters")
	}
	*into = s
	return nil
}
