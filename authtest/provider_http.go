package authtest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (p *Provider) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	m := map[string]any{
		"issuer":                                         p.Issuer,
		"authorization_endpoint":                         p.Issuer + "/authorize",
		"token_endpoint":                                 p.Issuer + "/token",
		"userinfo_endpoint":                              p.Issuer + "/userinfo",
		"jwks_uri":                                       p.Issuer + "/keys",
		"response_types_supported":                       []string{"code"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic"},
		"authorization_response_iss_parameter_supported": true,
	}
	if t := p.playing(); t.Metadata != nil {
		t.Metadata(m)
	}
	writeJSON(w, http.StatusOK, m)
}

func (p *Provider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	set := []map[string]any{}
	for _, k := range p.keys {
		set = append(set, k.public())
	}
	p.mu.Unlock()
	if t := p.playing(); t.Keys != nil {
		set = t.Keys(set)
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": set})
}

// check says what is wrong with an authorization request, or nothing.
func (p *Provider) check(q url.Values) string {
	switch {
	case q.Get("client_id") != p.ClientID:
		return "the client is unknown"
	case !slices.Contains(p.RedirectURIs, q.Get("redirect_uri")):
		return "the redirect URI is not registered"
	case q.Get("response_type") != "code":
		return "the response type is not code"
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		return "PKCE with S256 is missing"
	}
	return ""
}

// page is the whole of the sign-in: whoever names an address is its owner.
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Demo provider</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem}label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}input,button{padding:.5rem;margin:.25rem 0 1rem}</style></head>
<body><main><h1>Demo provider</h1><p>A stand-in for a real provider: it believes whatever address you type.</p>
<form method="post" action="{{.Action}}">
<label for="email">E-mail address</label>
<input type="text" id="email" name="email" inputmode="email" autocomplete="email" required>
{{range $name, $value := .Hidden}}<input type="hidden" name="{{$name}}" value="{{$value}}">
{{end}}<button>Sign in</button></form></main></body></html>
`))

func (p *Provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The request cannot be read.", http.StatusBadRequest)
		return
	}
	if why := p.check(r.Form); why != "" {
		http.Error(w, "The request is refused: "+why+".", http.StatusBadRequest)
		return
	}
	if r.Method == http.MethodPost && strings.Contains(r.PostForm.Get("email"), "@") {
		http.Redirect(w, r, p.grant(r.PostForm, Person{Email: r.PostForm.Get("email")}).String(), http.StatusSeeOther)
		return
	}
	hidden := map[string]string{}
	for _, name := range []string{"client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method"} {
		hidden[name] = r.Form.Get(name)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	_ = page.Execute(w, map[string]any{"Action": p.Issuer + "/authorize", "Hidden": hidden}) // the browser is gone when this fails
}

func (p *Provider) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	id, secret, _ := r.BasicAuth()
	if id != p.ClientID || subtle.ConstantTimeCompare([]byte(secret), []byte(p.ClientSecret)) != 1 {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	code := r.PostFormValue("code")
	g, ok := p.redeem(code)
	signer := p.signer()
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	if !ok || r.PostForm.Get("grant_type") != "authorization_code" || r.PostForm.Get("redirect_uri") != g.Redirect ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != g.Challenge {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	access := rand.Text()
	p.mu.Lock()
	p.lives[access] = g.Who
	p.mu.Unlock()
	now := p.now()
	claims := map[string]any{
		"iss": p.Issuer, "sub": g.Who.subject(), "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": g.Nonce,
		"email": g.Who.Email, "email_verified": !g.Who.Unverified,
	}
	if g.Who.Name != "" {
		claims["name"] = g.Who.Name
	}
	t := p.playing()
	if t.Claims != nil {
		t.Claims(claims)
	}
	token := signer.sign(map[string]any{"alg": "ES256", "kid": signer.id, "typ": "JWT"}, claims)
	if t.Token != nil {
		token = t.Token(p, claims, token)
	}
	writeJSON(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": token})
}

func (p *Provider) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	access, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	who, ok := p.lives[access]
	p.mu.Unlock()
	if !ok {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return
	}
	info := map[string]any{"sub": who.subject(), "email": who.Email, "email_verified": !who.Unverified, "name": who.Name}
	if t := p.playing(); t.UserInfo != nil {
		t.UserInfo(info)
	}
	writeJSON(w, http.StatusOK, info)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone when this fails
}
