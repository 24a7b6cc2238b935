package webauthn

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
)

// seeds are answers in the shape of a browser's.
func seeds(f *testing.F) {
	f.Helper()
	enc := base64.RawURLEncoding.EncodeToString
	client := enc([]byte(`{"type":"webauthn.get","challenge":"AAAA","origin":"https://example.com","crossOrigin":false}`))
	data := enc(append(make([]byte, 32), 5, 0, 0, 0, 0))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"` + client + `","authenticatorData":"` + data + `","signature":"AA","userHandle":"AA"}}`))
	object := enc([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58\x25" + strings.Repeat("\x00", 32) + "\x45\x00\x00\x00\x00"))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"` + client + `","attestationObject":"` + object + `"}}`))
	f.Add([]byte(`{"id":"","response":{}}`))
	f.Add([]byte(`[]`))
}

// FuzzAnswer reads what a client sends, as far as it is read before anything is known to be genuine.
func FuzzAnswer(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 64<<10 {
			return
		}
		p, err := read(b)
		if err == nil && p.flaw == nil && (len(p.id) == 0 || len(p.id) > LongestID) {
			t.Errorf("an id of %d bytes passes", len(p.id))
		}
		_, _ = protocol.ParseCredentialRequestResponseBytes(b)
		if parsed, err := protocol.ParseCredentialCreationResponseBytes(b); err == nil {
			_ = acceptable(parsed)
		}
	})
}

// FuzzKey reads COSE_Keys.
func FuzzKey(f *testing.F) {
	f.Add([]byte{0xa0})
	f.Add(append([]byte{0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32}, make([]byte, 32)...))
	f.Add([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x41, 0, 0x22, 0x41, 0})
	f.Fuzz(func(_ *testing.T, b []byte) { _ = checkKey(b) })
}

// FuzzAttestationObject reads the CBOR of a registration, which hides in base64url from [FuzzAnswer].
func FuzzAttestationObject(f *testing.F) {
	data := "\x58\xa4" + strings.Repeat("\x00", 32) + "\x45\x00\x00\x00\x00" + strings.Repeat("\x00", 16) + "\x00\x20" + strings.Repeat("\x07", 32) +
		"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + strings.Repeat("\x01", 32) + "\x22\x58\x20" + strings.Repeat("\x02", 32)
	for _, statement := range []string{"\x63fmt\x64none\x67attStmt\xa0", "\x63fmt\x66packed\x67attStmt\xa2\x63alg\x26\x63sig\x41\x00"} {
		f.Add([]byte("\xa3" + statement + "\x68authData" + data))
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		if len(b) > 16<<10 {
			return
		}
		if parsed, err := protocol.ParseCredentialCreationResponseBytes(answerOf("webauthn.create", "attestationObject", b)); err == nil {
			_ = acceptable(parsed)
		}
	})
}

// FuzzAuthenticatorData reads the CBOR of an assertion.
func FuzzAuthenticatorData(f *testing.F) {
	f.Add(append(make([]byte, 32), 5, 0, 0, 0, 0))
	f.Add(append(make([]byte, 32), 0x85, 0, 0, 0, 0, 0xa1, 0x61, 'x', 0xf5))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if len(b) > 16<<10 {
			return
		}
		_, _ = protocol.ParseCredentialRequestResponseBytes(answerOf("webauthn.get", "authenticatorData", b))
	})
}

// answerOf is an answer in the shape of a browser's with these bytes in one member.
func answerOf(kind, member string, b []byte) []byte {
	enc := base64.RawURLEncoding.EncodeToString
	client := enc([]byte(`{"type":"` + kind + `","challenge":"AAAA","origin":"https://example.com","crossOrigin":false}`))
	return []byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"` + client + `","signature":"AA","` + member + `":"` + enc(b) + `"}}`)
}
