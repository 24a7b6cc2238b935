package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/bench/internal/local"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
)

// The names of the figures.
const (
	cached     = "cached"
	parallel   = "parallel"
	single     = "single"
	bare       = "bare"
	uncached   = "uncached"
	noMAC      = "no mac"
	expired    = "expired"
	foreign    = "another issuer's"
	rawVerify  = "raw verify"
	chiES512   = "chi ES512"
	chiHS256   = "chi HS256"
	echoHS256  = "echo HS256"
	auth0ES512 = "auth0 ES512"
	fiberES512 = "fiber ES512"
)

var nothing = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// parts are a service with a token of it, and the same for others.
type parts struct {
	auth    *auth.Auth
	service *jwt.Service
	token   string
	refused map[string]string // tokens that are refused, by the name of the figure
	peers   peers
	es512   string // a token that every library takes
	hs256   string
	key     *ecdsa.PrivateKey
}

func prepare() (*parts, error) {
	p := &parts{}
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader); err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return nil, err
	}
	keys, err := jwt.ParseKeys(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		return nil, err
	}
	secret := auth.NewSecret()
	codes := make(chan string, 1)
	const issuer = "https://example.com"
	p.auth, err = auth.New(auth.Config{
		Issuer: issuer, Keys: keys, Secret: secret, SignUp: true, Logger: slog.New(slog.DiscardHandler),
		Email: sender.EmailFunc(func(_ context.Context, m sender.Message) error { codes <- m.Code; return nil }),
	})
	if err != nil {
		return nil, err
	}
	if p.service, err = jwt.New(keys, jwt.Options{Issuer: issuer, Secret: secret}); err != nil {
		return nil, err
	}
	if p.token, err = local.SignIn(p.auth, codes); err != nil {
		return nil, err
	}
	if err := p.spoil(keys, issuer, secret); err != nil {
		return nil, err
	}
	now := time.Now()
	claims := gojwt.MapClaims{"iss": issuer, "aud": issuer, "sub": "user", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": rand.Text()}
	if p.es512, err = gojwt.NewWithClaims(gojwt.SigningMethodES512, claims).SignedString(p.key); err != nil {
		return nil, err
	}
	if p.hs256, err = gojwt.NewWithClaims(gojwt.SigningMethodHS256, claims).SignedString(hmacKey); err != nil {
		return nil, err
	}
	p.peers, err = newPeers(p.key, issuer)
	return p, err
}

// spoil makes the tokens that are refused.
func (p *parts) spoil(keys *jwt.Keys, issuer string, secret auth.Secret) error {
	dot := strings.LastIndexByte(p.token, '.')
	p.refused = map[string]string{noMAC: p.token[:dot-20] + "AAAAAAAA" + p.token[dot-12:]} // the mac has the form of one
	for name, o := range map[string]jwt.Options{
		expired: {Issuer: issuer, Secret: secret, Now: func() time.Time { return time.Now().Add(-2 * time.Hour) }},
		foreign: {Issuer: "https://other.example", Secret: secret},
	} {
		s, err := jwt.New(keys, o)
		if err != nil {
			return err
		}
		now := time.Now()
		if o.Now != nil {
			now = o.Now()
		}
		p.refused[name], err = s.Sign(jwt.TokenPayload{
			TokenID: rand.Text(), TokenType: jwt.TypeUser, UserID: rand.Text(), IssuedAt: now, ExpiresAt: now.Add(time.Hour),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var hmacKey = []byte("0123456789abcdef0123456789abcdef")

func request(token string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

type contextKey struct{}

// bareMiddleware is the least that any middleware for tokens does: hash what was presented and put something into the context.
func bareMiddleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(r.Header["Authorization"][0]))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, sum[0])))
	})
}

// cachedOf is one request with a token that was seen before.
func (p *parts) cachedOf() func() { return serve(p.auth.RequireAuth(nothing), request(p.token)) }

func serve(h http.Handler, r *http.Request) func() {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		panic("a middleware refused its own token: " + w.Body.String())
	}
	return func() { h.ServeHTTP(w, r) }
}

// rawVerify checks the signature of the token and nothing else, as uncached does among other things.
func (p *parts) rawVerify() (func(), error) {
	dot := strings.LastIndexByte(p.token, '.')
	digest := sha512.Sum512([]byte(p.token[:dot]))
	signature, err := base64.RawURLEncoding.DecodeString(p.token[dot+1:])
	if err != nil {
		return nil, err
	}
	r, s := new(big.Int).SetBytes(signature[:len(signature)/2]), new(big.Int).SetBytes(signature[len(signature)/2:])
	return func() {
		if !ecdsa.Verify(&p.key.PublicKey, digest[:], r, s) {
			panic("the raw signature does not verify")
		}
	}, nil
}

func (p *parts) uncached() {
	if _, err := p.service.Verify(p.token); err != nil {
		panic(err)
	}
}

// ops are the single figures.
func (p *parts) ops() map[string]func() {
	ops := map[string]func(){
		cached: p.cachedOf(),
		bare:   serve(bareMiddleware(nothing), request(p.token)),
	}
	for name, token := range p.refused {
		ops[name] = func() {
			if _, err := p.service.Verify(token); err == nil {
				panic(name + ": accepted")
			}
		}
	}
	p.peers.ops(ops, p.es512, p.hs256)
	return ops
}
