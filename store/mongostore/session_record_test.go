package mongostore

import (
	"reflect"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
)

// stored is a session as it lies in databases. What this version writes may change; that it reads this may not.
const stored = `{"id":"s1","user":"u1","created":1775390400001,"expires":1777982400001,"seen":1775392200002,"app":"shop","ip":"192.0.2.7",` +
	`"agent":"\u0000/w","token":{"jti":"t2","type":"user","sub":"u1","name":"Alice","tenant":"acme","partner":"p","scope":"tenant","app":"shop",` +
	`"system":true,"sid":"s1","auth_time":1775390400000,"epoch":9007199254740993,"amr":["email_otp","totp"],"aal":1,` +
	`"extra":{"auth_method":"email_otp"},"iss":"https://example.com","aud":"api","iat":1775392200000,"exp":1775394000000},` +
	`"previous":"t1","rotated":1775392200002}`

func storedSession() session.Session {
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	return session.Session{
		ID: "s1", UserID: "u1", CreatedAt: at(1775390400001), ExpiresAt: at(1777982400001), LastSeenAt: at(1775392200002),
		OriginApp: "shop", IP: "192.0.2.7", UserAgent: "\xff",
		Token: jwt.TokenPayload{
			TokenID: "t2", TokenType: jwt.TypeUser, UserID: "u1", UserName: "Alice", TenantID: "acme", PartnerID: "p", Scope: "tenant",
			OriginApp: "shop", IsSystemUser: true, SessionID: "s1", AuthTime: at(1775390400000), Epoch: 1<<53 + 1,
			Methods: []string{"email_otp", "totp"}, AAL: 1, Extra: map[string]any{"auth_method": "email_otp"},
			Issuer: "https://example.com", Audience: "api", IssuedAt: at(1775392200000), ExpiresAt: at(1775394000000),
		},
		Previous: "t1", RotatedAt: at(1775392200002),
	}
}

func TestStoredSessionIsRead(t *testing.T) {
	got, err := decodeSession(bson.Binary{Data: []byte(stored)})
	if err != nil {
		t.Fatal(err)
	}
	if want := storedSession(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestStoredSessionIsWritten(t *testing.T) {
	b, err := encodeSession(storedSession())
	if err != nil {
		t.Fatal(err)
	}
	if string(b.Data) != stored {
		t.Errorf("got %s, want %s", b.Data, stored)
	}
}

func TestSessionSize(t *testing.T) {
	s := (&sessions{}).mustDoc(t, storedSession())
	b, err := bson.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	mark, err := bson.Marshal(endMark{ID: s.ID, At: 1, ExpiresAt: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a session takes %d bytes, %d of them its record; a revocation takes %d", len(b), len(s.Record.Data), len(mark))
	if len(b) > 2048 {
		t.Errorf("a session takes %d bytes", len(b))
	}
}

func (s *sessions) mustDoc(t *testing.T, n session.Session) sessionDoc {
	t.Helper()
	doc, err := s.doc(n)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestRuinedSessionIsAnError(t *testing.T) {
	for name, record := range map[string]string{
		"empty": "", "no object": `[]`, "a name twice": `{"id":"a","id":"b"}`, "bad UTF-8": "{\"id\":\"\xff\"}", "bad base64": `{"id":"\u0000?"}`,
		"a wrong type": `{"id":1}`, "more behind it": `{} {}`,
	} {
		if s, err := decodeSession(bson.Binary{Data: []byte(record)}); err == nil {
			t.Errorf("%s: read as %+v", name, s)
		}
	}
}
