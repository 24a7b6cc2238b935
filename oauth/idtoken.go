package oauth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxIDToken is the longest ID token in bytes, maxSubject the longest subject (OpenID Connect Core 1.0 section 2).
	maxIDToken = 32 << 10
	maxSubject = 255
	// leeway is how far the provider's clock may be off.
	leeway = time.Minute
)

// claims are those that are looked at, of an ID token or of userinfo. What may be of any type is read by whoever needs it.
type claims struct {
	Issuer        string         `json:"iss"`
	Subject       string         `json:"sub"`
	Audience      jsontext.Value `json:"aud"`
	Authorized    string         `json:"azp"`
	IssuedAt      *float64       `json:"iat"`
	Nonce         string         `json:"nonce"`
	Email         string         `json:"email"`
	EmailVerified jsontext.Value `json:"email_verified"`
	Name          string         `json:"name"`
	Picture       string         `json:"picture"`
	HostedDomain  string         `json:"hd"`
	TenantID      string         `json:"tid"`
	ObjectID      string         `json:"oid"`
	DomainOwner   jsontext.Value `json:"xms_edov"`
}

// isTrue is strict: "true" in quotes and 1 are not a provider's word for anything.
func isTrue(v jsontext.Value) bool { return string(v) == "true" }

// audience answers the members of aud, which is a string or an array of strings.
func (c *claims) audience() []string {
	var one string
	if json.Unmarshal(c.Audience, &one) == nil {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(c.Audience, &many) != nil {
		return nil
	}
	return many
}

// compactForm refuses what is not header.payload.signature before any library reads it, and headers that ask for more than a signature.
func compactForm(token string) error {
	if len(token) > maxIDToken || strings.Count(token, ".") != 2 {
		return Refuse("the ID token is not a signed token")
	}
	head, _, _ := strings.Cut(token, ".")
	b, err := base64.RawURLEncoding.Strict().DecodeString(head)
	if err != nil {
		return Refuse("the header of the ID token is not base64url")
	}
	var header struct {
		Type     string         `json:"typ"`
		Critical jsontext.Value `json:"crit"`
	}
	if err := json.Unmarshal(b, &header); err != nil || header.Critical != nil {
		return Refuse("the header of the ID token is not one that is understood")
	}
	if header.Type != "" && !strings.EqualFold(header.Type, "JWT") {
		return Refuse("the token is of another kind than an ID token")
	}
	return nil
}

// expectation is what an ID token must say.
type expectation struct {
	clientID, nonce, accessToken string
	// issuer is what iss must be, empty where the caller compares it with a tenant's.
	issuer     string
	algorithms []string
	keys       oidc.KeySet
	now        time.Time
}

// faithful keeps the error of a key set, which go-oidc turns into text.
type faithful struct {
	oidc.KeySet

	err error
}

func (f *faithful) VerifySignature(ctx context.Context, token string) (payload []byte, err error) {
	payload, f.err = f.KeySet.VerifySignature(ctx, token)
	return payload, f.err
}

// verify checks an ID token in full (OpenID Connect Core 1.0 section 3.1.3.7).
func (e expectation) verify(ctx context.Context, raw string) (claims, jsontext.Value, error) {
	var c claims
	if err := compactForm(raw); err != nil {
		return c, nil, err
	}
	keys := &faithful{KeySet: e.keys}
	token, err := oidc.NewVerifier(e.issuer, keys, &oidc.Config{
		ClientID: e.clientID, SupportedSigningAlgs: e.algorithms, SkipIssuerCheck: e.issuer == "",
		Now: func() time.Time { return e.now.Add(-leeway) },
	}).Verify(ctx, raw)
	switch {
	case keys.err != nil:
		return c, nil, keys.err
	case err != nil:
		return c, nil, verdict(err)
	}
	var payload jsontext.Value
	if err := token.Claims(&payload); err != nil {
		return c, nil, Refuse("the claims of the ID token are not readable")
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return c, nil, Refuse("the claims of the ID token have wrong types or occur twice")
	}
	aud := c.audience()
	switch {
	case c.IssuedAt == nil || *c.IssuedAt > float64(e.now.Add(leeway).Unix()):
		return c, nil, Refuse("the ID token was issued at no time, or later than now")
	case subtle.ConstantTimeCompare([]byte(c.Nonce), []byte(e.nonce)) != 1 || e.nonce == "":
		return c, nil, Refuse("the nonce of the ID token is another")
	case !slices.Contains(aud, e.clientID):
		return c, nil, Refuse("the ID token is for another client")
	case (len(aud) > 1 || c.Authorized != "") && c.Authorized != e.clientID:
		return c, nil, Refuse("the ID token was issued to another client")
	case !isSubject(c.Subject):
		return c, nil, Refuse("the subject of the ID token is empty or too long")
	case token.AccessTokenHash != "" && token.VerifyAccessToken(e.accessToken) != nil:
		return c, nil, Refuse("the ID token belongs to another access token")
	}
	return c, payload, nil
}

// verdict says why go-oidc refused a token. Its errors repeat parts of the token, so they do not go further.
func verdict(err error) error {
	if _, late := errors.AsType[*oidc.TokenExpiredError](err); late {
		return Refuse("the ID token has expired")
	}
	return Refuse("the ID token does not verify, is another issuer's or another client's")
}

// isSubject refuses the empty subject, which would be everybody, and what no store keeps exactly.
func isSubject(s string) bool {
	return s != "" && len(s) <= maxSubject && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
