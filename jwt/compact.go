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
	head      head
	payload   []byte
	signature []byte // 132 bytes
}

// The refusals of a forged token are made once: it must cost little.
var (
	errLong          = refuse("longer than 8 KiB")
	errAlphabet      = refuse("a character outside the alphabet, or a third dot")
	errSegments      = refuse("not three segments")
	errHeader        = refuse("the header is not canonical base64url")
	errAlgorithm     = refuse("the algorithm is not ES512")
	errNoHead        = refuse("no kid or typ")
	errPayload       = refuse("the payload is not canonical base64url")
	errSignature     = refuse("the signature is not canonical base64url")
	errSignatureSize = refuse("the signature does not have 132 bytes")
	errNoMAC         = refuse("no mac at the end")
	errMAC           = refuse("the mac does not hold")
	errUnsigned      = refuse("the signature does not verify")
)

// refuse answers the one refusal that outsiders see, with the reason for the log.
func refuse(reason string) error { return problem.ErrInvalidToken.Wrap(errors.New(reason)) }

// parseCompact takes a token apart. It accepts one spelling of each token and nothing else: no other serialisation, no
// padding, no stray bits, no further header members (RFC 8725 sections 3.1 and 3.10).
//
// Headers among the known ones are not read again.
func parseCompact(token string, known heads) (*compact, error) {
	first, second, err := split(token)
	if err != nil {
		return nil, err
	}
	raw := append(make([]byte, 0, 2*len(token)), token...) // with room for all three in what they say
	buf := raw[len(raw):]
	c := &compact{signed: token[:second], header: raw[:first]}
	var ok bool
	if c.head, ok = known[token[:first]]; !ok {
		var header []byte
		if header, buf, err = decode(buf, c.header); err != nil {
			return nil, errHeader
		}
		if err = c.readHeader(header); err != nil {
			return nil, err
		}
	}
	if c.payload, buf, err = decode(buf, raw[first+1:second]); err != nil {
		return nil, errPayload
	}
	if c.signature, _, err = decode(buf, raw[second+1:]); err != nil {
		return nil, errSignature
	}
	if len(c.signature) != signatureSize {
		return nil, errSignatureSize
	}
	return c, nil
}

// decode appends what the segment says to buf, and answers it alone and all of buf.
func decode(buf, segment []byte) (decoded, all []byte, err error) {
	all, err = b64.AppendDecode(buf, segment)
	return all[len(buf):], all, err
}

// inAlphabet are the characters of base64url (RFC 4648 section 5).
var inAlphabet = func() (in [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		in[c] = true
	}
	return in
}()

// split finds the two dots between three segments. A token is made of the base64url alphabet and dots alone; every other
// character, a line break included, makes it something else.
func split(token string) (first, second int, err error) {
	if len(token) > maxToken {
		return 0, 0, errLong
	}
	dots := 0
	for i := range len(token) {
		switch c := token[i]; {
		case inAlphabet[c]:
		case c == '.' && dots == 0:
			first, dots = i, 1
		case c == '.' && dots == 1:
			second, dots = i, 2
		default:
			return 0, 0, errAlphabet
		}
	}
	if dots != 2 || first == 0 || second == first+1 || second == len(token)-1 {
		return 0, 0, errSegments
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
			into = &c.head.kid
		case `"typ"`:
			into = &c.head.typ
		default:
			return fmt.Errorf("header member %.32s", name)
		}
		return readText(value, into, maxID)
	})
	switch {
	case err != nil:
		return problem.ErrInvalidToken.Wrap(fmt.Errorf("header: %w", err))
	case alg != algorithm:
		return errAlgorithm
	case c.head.kid == "" || c.head.typ == "":
		return errNoHead
	}
	return nil
}
