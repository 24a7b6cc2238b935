package oauth

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// gitHub is no OpenID provider: who signed in is asked of its REST API (docs.github.com/rest/users).
type gitHub struct {
	name     string
	clientID string
	secret   func() string
	scopes   []string
	domains  []string
	base     string // also the issuer of its identities
	api      string
	client   *http.Client
}

func newGitHub(name string, c ProviderConfig, base *url.URL, env Environment) (Provider, error) {
	client, _ := clientFor(base, env)
	web := strings.TrimSuffix(c.Issuer, "/")
	api := web + "/api/v3" // where an Enterprise Server has it
	if web == known["github"].issuer {
		api = "https://api.github.com"
	}
	secret := string(c.ClientSecret)
	return &gitHub{
		name: name, clientID: c.ClientID, secret: func() string { return secret }, scopes: c.Scopes, domains: c.EmailDomains,
		base: web, api: api, client: client,
	}, nil
}

// Name answers the name.
func (p *gitHub) Name() string { return p.name }

func (p *gitHub) config(redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.clientID, ClientSecret: p.secret(), RedirectURL: redirect, Scopes: p.scopes,
		Endpoint: oauth2.Endpoint{
			AuthURL: p.base + "/login/oauth/authorize", TokenURL: p.base + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// AuthURL asks for a code with state and the S256 challenge. There is no ID token, so there is no nonce.
func (p *gitHub) AuthURL(_ context.Context, r Request) (string, error) {
	return p.config(r.RedirectURI).AuthCodeURL(r.State, oauth2.S256ChallengeOption(r.Verifier)), nil
}

// Exchange spends the code and asks who signed in, and for the primary address where it is verified.
func (p *gitHub) Exchange(ctx context.Context, r Response) (UserInfo, error) {
	if r.Issuer != "" && r.Issuer != p.base+"/login/oauth" {
		return UserInfo{}, Refuse("the answer is another issuer's")
	}
	token, err := exchange(ctx, p.client, p.config(r.RedirectURI), r)
	if err != nil {
		return UserInfo{}, err
	}
	var who struct {
		ID      int64  `json:"id"`
		Login   string `json:"login"`
		Name    string `json:"name"`
		Picture string `json:"avatar_url"`
	}
	raw, err := fetch(ctx, p.client, p.api+"/user", token.AccessToken, maxUserInfo, &who)
	if err != nil {
		return UserInfo{}, err
	}
	if who.ID <= 0 {
		return UserInfo{}, Refuse("the provider names no account")
	}
	var addresses []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if _, err := fetch(ctx, p.client, p.api+"/user/emails", token.AccessToken, maxUserInfo, &addresses); err != nil {
		return UserInfo{}, err
	}
	info := UserInfo{
		Provider: p.name, Issuer: p.base, Subject: strconv.FormatInt(who.ID, 10), Name: who.Name, Picture: who.Picture, Raw: raw,
	}
	if info.Name == "" {
		info.Name = who.Login
	}
	for _, a := range addresses {
		if a.Primary {
			info.Email, info.EmailVerified = a.Email, a.Verified
		}
	}
	if info.EmailVerified && len(p.domains) > 0 {
		for _, d := range p.domains {
			info.Authoritative = info.Authoritative || d == domainOf(info.Email)
		}
	}
	return info, nil
}
