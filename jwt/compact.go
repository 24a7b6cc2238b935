package jwt

import (
	"errors"
	"fmt"

	"github.com/crafteasy/auth/internal/problem"
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
	header    []byte // the first segment
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
	raw := []byte(token)
	buf := make([]byte, 0, len(raw)) // room for all three
	c := &compact{signed: token[:second], header: raw[:first]}
	header, buf, err := decode(buf, c.header)
	if err != nil {
		return nil, refuse("the header is not canonical base64url")
	}
	if err := c.readHeader(header); err != nil {
		return nil, err
	}
	if c.payload, buf, err = decode(buf, raw[first+1:second]); err != nil {
		return nil, refuse("the payload is not canonical base64url")
	}
	if c.signature, _, err = decode(buf, raw[second+1:]); err != nil {
		return nil, refuse("the signature is not canonical base64url")
	}
	if len(c.signature) != signatureSize {
		return nil, refuse("the signature does not have 132 bytes")
	}
	return c, nil
}

// decode appends what the segment says to buf, and answers it alone and all of buf.
func decode(buf, segment []byte) (decoded, all []byte, err error) {
	all, err = b64.AppendDecode(buf, segment)
	return all[len(buf):], all, err
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
		default:
			return 0, 0, refuse("a character outside the alphabet, or a third dot")
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
	err := readObject(header, func(name, value string) error {
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
