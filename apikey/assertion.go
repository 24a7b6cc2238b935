package apikey

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/internal/problem"
)

const (
	// maxAssertion is the most that is looked at, in bytes.
	maxAssertion = 8 << 10
	maxJTI       = 256
	// markMargin is how much longer than needed a used assertion is remembered, for back ends whose clock differs.
	markMargin = 5 * time.Minute
)

// assertion is a compact JWS (RFC 7515 section 7.1) of which nothing is proven yet.
type assertion struct {
	signed    string
	header    header
	claims    claims
	signature []byte
}

// header has the members that are known. Any other one (crit, jwk, jku, x5u, x5c, zip, b64 and the rest) is refused, not ignored.
type header struct {
	Algorithm string  `json:"alg"`
	KeyID     *string `json:"kid"`
	Type      *string `json:"typ"`
}

// claims are those of RFC 7523 section 3. Times are NumericDates.
type claims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  string   `json:"aud"`
	ID        string   `json:"jti"`
	Expires   *float64 `json:"exp"`
	Issued    *float64 `json:"iat"`
	NotBefore *float64 `json:"nbf"`
}

// types are the kinds of JWT that an assertion may say it is.
var types = []string{"jwt", "client-authentication+jwt"}

var errForm = errors.New("the assertion is no canonical compact JWS with known members")

// parseAssertion takes an assertion apart. It accepts one spelling and nothing else: no padding, no stray bits, no line breaks, no
// duplicate names, no further header members (RFC 8725 sections 3.1 and 3.10).
func parseAssertion(text string) (*assertion, error) {
	if len(text) > maxAssertion {
		return nil, errForm
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, errForm
	}
	var raw [3][]byte
	for i, part := range parts {
		// The decoder skips line breaks.
		b, err := b64.DecodeString(part)
		if err != nil || len(b) == 0 || strings.ContainsAny(part, "\r\n") {
			return nil, errForm
		}
		raw[i] = b
	}
	a := &assertion{signed: text[:len(parts[0])+1+len(parts[1])], signature: raw[2]}
	if json.Unmarshal(raw[0], &a.header, json.RejectUnknownMembers(true)) != nil || json.Unmarshal(raw[1], &a.claims) != nil {
		return nil, errForm
	}
	if t := a.header.Type; t != nil && !slices.Contains(types, strings.ToLower(*t)) {
		return nil, errForm
	}
	return a, nil
}

// check answers why the claims do not hold, or nothing. The times are compared with a leeway, the audience is exact and single.
func (c *claims) check(issuer string, now time.Time, leeway time.Duration) string {
	at, slack := float64(now.UnixMilli())/1000, leeway.Seconds()
	life := AssertionLife.Seconds()
	switch {
	case c.Issuer == "" || c.Issuer != c.Subject:
		return "iss and sub are not the code"
	case c.Audience != issuer:
		return "aud is not the issuer"
	case c.ID == "" || len(c.ID) > maxJTI:
		return "no jti"
	case c.Expires == nil || at >= *c.Expires+slack:
		return "no exp, or past"
	case *c.Expires > at+life+slack:
		return "exp is too far ahead"
	case c.NotBefore != nil && at < *c.NotBefore-slack:
		return "nbf is ahead"
	case c.Issued != nil && at < *c.Issued-slack:
		return "iat is ahead"
	case c.Issued != nil && (*c.Expires <= *c.Issued || *c.Expires-*c.Issued > life+slack):
		return "iat and exp are too far apart"
	}
	return ""
}

// byAssertion judges an assertion, from cheap to dear: form, claims, key, signature, and last whether it was used. code is the client
// that it must be from, where that was said elsewhere too.
func (s *Service) byAssertion(ctx context.Context, text, code string) (grant, error) {
	a, err := parseAssertion(text)
	if err != nil {
		return grant{}, s.refuse(ctx, code, MethodAssertion, Key{}, err.Error())
	}
	now, from := s.now(), a.claims.Issuer
	if code != "" && from != code {
		return grant{}, s.refuse(ctx, code, MethodAssertion, Key{}, "the assertion is another client's")
	}
	if reason := a.claims.check(s.opts.Issuer, now, s.opts.Leeway); reason != "" {
		return grant{}, s.refuse(ctx, from, MethodAssertion, Key{}, reason)
	}
	id, ok := idOf(from)
	if !ok {
		return grant{}, s.refuse(ctx, from, MethodAssertion, Key{}, "the code has not the form of one")
	}
	k, err := s.load(ctx, id)
	if err != nil {
		return grant{}, err
	}
	if !a.verifies(k.PublicKeys) {
		return grant{}, s.refuse(ctx, from, MethodAssertion, k, "no registered key verifies the assertion")
	}
	if reason := s.usable(ctx, &k, now); reason != "" {
		return grant{}, s.refuse(ctx, from, MethodAssertion, k, reason)
	}
	mark := "jti:" + base64.RawURLEncoding.EncodeToString(s.names.MAC(k.ID, a.claims.ID))
	left := time.Duration((*a.claims.Expires - float64(now.UnixMilli())/1000) * float64(time.Second))
	fresh, err := s.marks.Add(ctx, mark, []byte{1}, max(left, 0)+s.opts.Leeway+markMargin)
	if err != nil {
		return grant{}, problem.Unavailable(err)
	}
	if !fresh {
		return grant{}, s.refuse(ctx, from, MethodAssertion, k, "the assertion was used before")
	}
	return grant{key: k, method: MethodAssertion, generation: k.Generation, scopes: k.Scopes}, nil
}

// verifies reports whether one of the registered keys signed. A kid picks one; the algorithm is the key's own and must be the one
// that the header names.
func (a *assertion) verifies(registered []string) bool {
	for _, text := range registered {
		key, err := ParsePublicKey(text)
		if err != nil || key.Algorithm != a.header.Algorithm || (a.header.KeyID != nil && *a.header.KeyID != key.ID) {
			continue
		}
		if key.verify(a.signed, a.signature) {
			return true
		}
	}
	return false
}
