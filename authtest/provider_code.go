package authtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"time"
)

// keep makes a code of a grant.
func (p *Provider) keep(g grant) string {
	if p.Shared == nil {
		code := rand.Text()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.codes[code] = g
		return code
	}
	b, err := json.Marshal(g)
	if err != nil {
		panic(err) // a grant is plain text
	}
	seal := p.seal()
	nonce := make([]byte, seal.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return base64.RawURLEncoding.EncodeToString(seal.Seal(nonce, nonce, b, []byte(p.Issuer)))
}

// redeem answers the grant of a code.
func (p *Provider) redeem(code string) (g grant, ok bool) {
	if p.Shared == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		g, ok = p.codes[code]
		delete(p.codes, code)
		return g, ok
	}
	seal := p.seal()
	b, err := base64.RawURLEncoding.DecodeString(code)
	if err != nil || len(b) < seal.NonceSize() {
		return g, false
	}
	plain, err := seal.Open(nil, b[:seal.NonceSize()], b[seal.NonceSize():], []byte(p.Issuer))
	if err != nil || json.Unmarshal(plain, &g) != nil {
		return g, false
	}
	return g, p.now().Sub(time.Unix(g.At, 0)) < time.Minute
}

func (p *Provider) seal() cipher.AEAD {
	block, err := aes.NewCipher(p.Shared)
	if err != nil {
		panic("authtest: Shared must be 32 bytes")
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the block size that GCM needs
	}
	return seal
}

// RoundTrip answers a request without a network, for a program that holds its provider in itself.
func (p *Provider) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	p.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err // whoever asked has given up meanwhile
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}
