package mongostore

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
)

// sessionRecord is a session as it is stored: JSON of its own names, since the names of Go fields may change and what is stored
// may not. Times are milliseconds since 1970.
type sessionRecord struct {
	ID         string      `json:"id"`
	UserID     string      `json:"user"`
	CreatedAt  int64       `json:"created"`
	ExpiresAt  int64       `json:"expires"`
	LastSeenAt int64       `json:"seen"`
	OriginApp  string      `json:"app,omitzero"`
	IP         string      `json:"ip,omitzero"`
	UserAgent  string      `json:"agent,omitzero"`
	Token      tokenRecord `json:"token"`
	Previous   string      `json:"previous,omitzero"`
	RotatedAt  int64       `json:"rotated"`
}

// tokenRecord is the payload of the current token, from which the token is signed again.
type tokenRecord struct {
	ID        string         `json:"jti"`
	Type      string         `json:"type"`
	UserID    string         `json:"sub"`
	UserName  string         `json:"name,omitzero"`
	TenantID  string         `json:"tenant,omitzero"`
	PartnerID string         `json:"partner,omitzero"`
	Scope     string         `json:"scope,omitzero"`
	OriginApp string         `json:"app,omitzero"`
	System    bool           `json:"system,omitzero"`
	SessionID string         `json:"sid,omitzero"`
	AuthTime  int64          `json:"auth_time"`
	Epoch     int64          `json:"epoch,omitzero"`
	Methods   []string       `json:"amr,omitempty"`
	AAL       int            `json:"aal,omitzero"`
	Extra     map[string]any `json:"extra,omitempty"`
	Issuer    string         `json:"iss,omitzero"`
	Audience  string         `json:"aud,omitzero"`
	IssuedAt  int64          `json:"iat"`
	ExpiresAt int64          `json:"exp"`
}

func recordOf(s session.Session) sessionRecord {
	p := s.Token
	return sessionRecord{
		ID: s.ID, UserID: s.UserID,
		CreatedAt: floorMilli(s.CreatedAt), ExpiresAt: floorMilli(s.ExpiresAt), LastSeenAt: floorMilli(s.LastSeenAt),
		OriginApp: s.OriginApp, IP: s.IP, UserAgent: s.UserAgent,
		Token: tokenRecord{
			ID: p.TokenID, Type: string(p.TokenType), UserID: p.UserID, UserName: p.UserName, TenantID: p.TenantID, PartnerID: p.PartnerID,
			Scope: p.Scope, OriginApp: p.OriginApp, System: p.IsSystemUser, SessionID: p.SessionID, AuthTime: floorMilli(p.AuthTime),
			Epoch: p.Epoch, Methods: p.Methods, AAL: p.AAL, Extra: p.Extra, Issuer: p.Issuer, Audience: p.Audience,
			IssuedAt: floorMilli(p.IssuedAt), ExpiresAt: floorMilli(p.ExpiresAt),
		},
		Previous: s.Previous, RotatedAt: floorMilli(s.RotatedAt),
	}
}

func (r sessionRecord) session() session.Session {
	p := r.Token
	return session.Session{
		ID: r.ID, UserID: r.UserID,
		CreatedAt: milli(r.CreatedAt), ExpiresAt: milli(r.ExpiresAt), LastSeenAt: milli(r.LastSeenAt),
		OriginApp: r.OriginApp, IP: r.IP, UserAgent: r.UserAgent,
		Token: jwt.TokenPayload{
			TokenID: p.ID, TokenType: jwt.TokenType(p.Type), UserID: p.UserID, UserName: p.UserName, TenantID: p.TenantID, PartnerID: p.PartnerID,
			Scope: p.Scope, OriginApp: p.OriginApp, IsSystemUser: p.System, SessionID: p.SessionID, AuthTime: milli(p.AuthTime),
			Epoch: p.Epoch, Methods: p.Methods, AAL: p.AAL, Extra: p.Extra, Issuer: p.Issuer, Audience: p.Audience,
			IssuedAt: milli(p.IssuedAt), ExpiresAt: milli(p.ExpiresAt),
		},
		Previous: r.Previous, RotatedAt: milli(r.RotatedAt),
	}
}

func milli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// errText says that a record holds something else where a text is meant.
var errText = errors.New("mongostore: not a text")

// mark begins a JSON string that stands for bytes which are no UTF-8, in base64.
const mark = "\x00"

// Any bytes may be in what a client sent, such as its user agent, and JSON takes UTF-8 alone.
var (
	encodeBytes = json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, s string) error {
		if !utf8.ValidString(s) || strings.HasPrefix(s, mark) {
			s = mark + base64.RawStdEncoding.EncodeToString([]byte(s))
		}
		return enc.WriteToken(jsontext.String(s))
	}))
	decodeBytes = json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, s *string) error {
		t, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if t.Kind() != '"' {
			return errText
		}
		*s = t.String()
		encoded, ok := strings.CutPrefix(*s, mark)
		if !ok {
			return nil
		}
		b, err := base64.RawStdEncoding.DecodeString(encoded)
		*s = string(b)
		return err
	}))
)

func encodeSession(s session.Session) (bson.Binary, error) {
	b, err := json.Marshal(recordOf(s), encodeBytes)
	if err != nil {
		return bson.Binary{}, fmt.Errorf("mongostore: a session that cannot be stored: %w", err)
	}
	return bson.Binary{Data: b}, nil
}

func decodeSession(b bson.Binary) (session.Session, error) {
	var r sessionRecord
	if err := json.Unmarshal(b.Data, &r, decodeBytes); err != nil {
		return session.Session{}, fmt.Errorf("mongostore: a session that cannot be read: %w", err)
	}
	return r.session(), nil
}
