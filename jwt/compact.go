package jwt

import (
	"errors"
	"fmt"
	"strings"

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

// segments are a token as it is written, of which nothing is proven yet and nothing decoded but its header: most junk is refused for
// less than decoding it would cost.
type segments struct {
	token         string
	first, second int // where the dots are
	head          head
}

func (s segments) payload() string { return s.token[s.first+1 : s.second] }

// compact is a token in its parts (RFC 7515 section 7.1), of which nothing is proven yet.
type compact struct {
	signed    string // what the signature covers: two segments and the dot between them
	payload   []byte
	signature []byte // 132 bytes
}

// The refusals of a forged token are made once: it must cost little.
var (
	errLong          = refuse("longer than 8 KiB")
	errBreak         = refuse("a line break")
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

// parse takes a token apart and reads its header, unless it is among the known ones. With [segments.compact] it accepts one spelling of
// each token and nothing else: no other serialisation, no padding, no stray bits, no further header members (RFC 8725 sections 3.1
// and 3.10).
func parse(token string, known heads) (segments, error) {
	first, second, err := split(token)
	if err != nil {
		return segments{}, err
	}
	h, ok := known[token[:first]]
	if !ok {
		header, err := b64.DecodeString(token[:first])
		if err != nil {
			return segments{}, errHeader
		}
		if h, err = readHeader(header); err != nil {
			return segments{}, err
		}
	}
	return segments{token, first, second, h}, nil
}

// compact decodes the signature too, beside the payload.
func (s segments) compact(payload []byte) (*compact, error) {
	c := &compact{signed: s.token[:s.second], payload: payload}
	var err error
	if c.signature, err = b64.DecodeString(s.token[s.second+1:]); err != nil {
		return nil, errSignature
	}
	if len(c.signature) != signatureSize {
		return nil, errSignatureSize
	}
	return c, nil
}

// split finds the two dots between three segments. A line break, which decoders pass over, makes a token something else; any other
// character outside the alphabet, a third dot included, cannot be decoded.
func split(token string) (first, second int, err error) {
	if len(token) > maxToken {
		return 0, 0, errLong
	}
	if strings.IndexByte(token, '\n') >= 0 || strings.IndexByte(token, '\r') >= 0 {
		return 0, 0, errBreak
	}
	first = strings.IndexByte(token, '.')
	second = first + 1 + strings.IndexByte(token[first+1:], '.')
	if first < 1 || second <= first+1 || second == len(token)-1 {
		return 0, 0, errSegments
	}
	return first, second, nil
}

// readHeader demands exactly alg, kid and typ, each a string, in any order. What is not among them (crit, jwk, jku, x5u,
// x5c, zip, cty, enc, b64 and the rest) is refused, not ignored (RFC 7515 section 4.1.11, RFC 8725 section 3.10).
func readHeader(header []byte) (head, error) {
	var alg string
	var h head
	err := readObject(header, func(name, value string) error {
		var into *string
		switch name {
		case `"alg"`:
			into = &alg
		case `"kid"`:
			into = &h.kid
		case `"typ"`:
			into = &h.typ
		default:
			return fmt.Errorf("header member %.32s", name)
		}
		return readText(value, into, maxID)
	})
	switch {
	case err != nil:
		return head{}, problem.ErrInvalidToken.Wrap(fmt.Errorf("header: %w", err))
	case alg != algorithm:
		return head{}, errAlgorithm
	case h.kid == "" || h.typ == "":
		return head{}, errNoHead
	}
	return h, nil
}
