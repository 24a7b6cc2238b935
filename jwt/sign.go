package jwt

import (
	"bytes"
	"crypto"
	"crypto/sha512"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Sign answers the token that says p. Issuer and Audience may be left empty, all of TokenID, TokenType, UserID, IssuedAt
// and ExpiresAt must be set; times are cut to whole seconds. It refuses to sign what [Service.Verify] would refuse, and
// an Extra that JSON cannot carry unchanged (a number beyond 2^53, say).
//
// The same payload gives the same token, always: ECDSA is deterministic here (RFC 6979).
func (s *Service) Sign(p TokenPayload) (string, error) {
	token, err := s.sign(&p)
	if err != nil {
		return "", fmt.Errorf("jwt: refusing to sign: %w", err)
	}
	return token, nil
}

func (s *Service) sign(p *TokenPayload) (string, error) {
	k, ok := s.rules.named(p.TokenType)
	if !ok {
		return "", errors.New("an unknown token type")
	}
	if p.Issuer == "" {
		p.Issuer = s.rules.issuer
	}
	if p.Audience == "" {
		p.Audience = k.audience
	}
	body, err := encode(p)
	if err != nil {
		return "", err
	}
	header := head{s.keys.ID(), k.typ}.text()
	sum := s.macs.Current(slices.Concat([]byte(header), []byte{'.'}, body))
	value := written(sum[:])
	payload := slices.Concat(body, []byte(macMember), value[:], []byte(macEnd))
	read, err := readClaims(payload)
	if err != nil {
		return "", err
	}
	if err := s.rules.check(k, read, false); err != nil {
		return "", err
	}
	signed := header + "." + b64.EncodeToString(payload)
	signature, err := s.keys.sign(signed)
	if err != nil {
		return "", err
	}
	token := signed + "." + b64.EncodeToString(signature)
	if len(token) > maxToken {
		return "", errors.New("the token would be longer than 8 KiB")
	}
	return token, nil
}

// sign answers R and S, each in 66 bytes (RFC 7518 section 3.4).
func (k *Keys) sign(signed string) ([]byte, error) {
	digest := sha512.Sum512([]byte(signed))
	der, err := k.private.Sign(nil, digest[:], crypto.SHA512) // no randomness: RFC 6979
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	var inner cryptobyte.String
	var r, s []byte
	outer := cryptobyte.String(der)
	if !outer.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1Integer(&r) || !inner.ReadASN1Integer(&s) {
		return nil, errors.New("signing: not an ECDSA signature")
	}
	out := make([]byte, signatureSize)
	copy(out[coordinateSize-len(r):], r)
	copy(out[signatureSize-len(s):], s)
	return out, nil
}

// object writes a JSON object member by member. The order is fixed and the bytes are what is signed, so no encoder with
// a taste of its own comes near them.
type object struct {
	b   []byte
	err error
}

func (o *object) name(name string) {
	if len(o.b) == 0 {
		o.b = append(o.b, '{')
	} else {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

func (o *object) text(name, value string) {
	o.name(name)
	o.quote(value)
}

func (o *object) quote(value string) {
	var err error
	if o.b, err = jsontext.AppendQuote(o.b, value); err != nil {
		o.err = errors.New("text that is not UTF-8")
	}
}

// optional leaves an empty text out.
func (o *object) optional(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

func (o *object) integer(name string, value int64) {
	o.name(name)
	o.b = strconv.AppendInt(o.b, value, 10)
}

func (o *object) time(name string, value time.Time) { o.integer(name, value.Unix()) }

// encode writes everything before the comma of the mac.
func encode(p *TokenPayload) ([]byte, error) {
	o := &object{b: make([]byte, 0, 512)}
	o.text("iss", p.Issuer)
	o.text("aud", p.Audience)
	o.text("sub", p.UserID)
	o.time("iat", p.IssuedAt)
	o.time("exp", p.ExpiresAt)
	o.text("jti", p.TokenID)
	o.text("token_type", string(p.TokenType))
	o.optional("user_name", p.UserName)
	o.optional("tenant_id", p.TenantID)
	o.optional("partner_id", p.PartnerID)
	o.optional("scope", p.Scope)
	o.text("origin_app", p.OriginApp)
	o.name("is_system_user")
	o.b = strconv.AppendBool(o.b, p.IsSystemUser)
	o.optional("sid", p.SessionID)
	if !p.AuthTime.IsZero() {
		o.time("auth_time", p.AuthTime)
	}
	if p.Epoch != 0 {
		o.integer("epoch", p.Epoch)
	}
	if p.AAL != 0 {
		o.integer("aal", int64(p.AAL))
	}
	if len(p.Methods) != 0 {
		o.name("amr")
		o.b = append(o.b, '[')
		for i, m := range p.Methods {
			if i > 0 {
				o.b = append(o.b, ',')
			}
			o.quote(m)
		}
		o.b = append(o.b, ']')
	}
	if len(p.Extra) != 0 {
		extra, err := encodeExtra(p.Extra)
		if err != nil {
			return nil, err
		}
		o.name("extra")
		o.b = append(o.b, extra...)
	}
	return o.b, o.err
}

// encodeExtra demands that the host's claims come back as they went in: what is written, read and written again must be
// the same text.
func encodeExtra(extra map[string]any) ([]byte, error) {
	text, err := json.Marshal(extra, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("claim extra: %w", err)
	}
	read, err := readExtra(string(text))
	if err != nil {
		return nil, fmt.Errorf("claim extra: %w", err)
	}
	again, err := json.Marshal(read, json.Deterministic(true))
	if err != nil || !bytes.Equal(text, again) {
		return nil, errors.New("claim extra: a value that JSON does not carry unchanged")
	}
	return text, nil
}
