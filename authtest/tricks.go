package authtest

import (
	"maps"
	"net/url"
	"strings"
	"time"
)

// Tricks are the lies that a client must see through: with each of them nobody is signed in, and no account and no link is made. The
// names follow the OpenID Foundation's tests of relying parties where one exists. A trick that is Early must be played before the
// client has read the metadata; one that is Slow takes as long as the client waits.
func Tricks() []Trick {
	var all []Trick
	for _, group := range [][]Trick{claimTricks(), signatureTricks(), addressTricks(), answerTricks(), metadataTricks(), serverTricks()} {
		all = append(all, group...)
	}
	return all
}

// setting changes one claim; a nil value leaves it out.
func setting(name, claim string, v any) Trick {
	return Trick{Name: name, Claims: func(c map[string]any) {
		if v == nil {
			delete(c, claim)
			return
		}
		c[claim] = v
	}}
}

// shifting moves one claim away from the time of issue.
func shifting(name, claim string, by time.Duration) Trick {
	return Trick{Name: name, Claims: func(c map[string]any) {
		at, _ := c["iat"].(int64)
		c[claim] = at + int64(by.Seconds())
	}}
}

func claimTricks() []Trick {
	both := func(azp any) func(map[string]any) {
		return func(c map[string]any) {
			c["aud"] = []any{c["aud"], "another"}
			if azp != nil {
				c["azp"] = azp
			}
		}
	}
	return []Trick{
		setting("iss is another", "iss", "https://another.example"),
		setting("iss is missing", "iss", nil),
		setting("iss is empty", "iss", ""),
		setting("iss is an array", "iss", []string{"https://another.example"}),
		{Name: "iss has a slash more", Claims: func(c map[string]any) { c["iss"] = c["iss"].(string) + "/" }}, //nolint:forcetypeassert // it is one
		setting("aud is another client", "aud", "another"),
		setting("aud is missing", "aud", nil),
		setting("aud is an empty array", "aud", []string{}),
		{Name: "aud has two members and no azp", Claims: both(nil)},
		{Name: "aud has two members and azp is the other", Claims: both("another")},
		setting("azp is another client", "azp", "another"),
		setting("sub is missing", "sub", nil),
		setting("sub is empty", "sub", ""),
		setting("sub is a number", "sub", 7),
		setting("sub is longer than 255", "sub", strings.Repeat("s", 256)),
		setting("iat is missing", "iat", nil),
		shifting("iat lies in the future", "iat", time.Hour),
		shifting("exp is over", "exp", -time.Hour),
		setting("exp is missing", "exp", nil),
		shifting("nbf lies in the future", "nbf", time.Hour),
		setting("nonce is another", "nonce", "another"),
		setting("nonce is missing", "nonce", nil),
		setting("nonce is empty", "nonce", ""),
		setting("at_hash is another token's", "at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
	}
}

// resigned signs the claims in another way.
func resigned(name string, sign func(p *Provider, claims map[string]any) string) Trick {
	return Trick{Name: name, Token: func(p *Provider, claims map[string]any, _ string) string { return sign(p, claims) }}
}

func (p *Provider) signer() *providerKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[0]
}

func signatureTricks() []Trick {
	header := func(p *Provider, more map[string]any) map[string]any {
		h := map[string]any{"alg": "ES256", "kid": p.signer().id, "typ": "JWT"}
		maps.Copy(h, more)
		return h
	}
	spoilt := func(token string) string {
		at := strings.LastIndexByte(token, '.') + 10
		c := byte('A')
		if token[at] == c {
			c = 'B'
		}
		return token[:at] + string(c) + token[at+1:]
	}
	return []Trick{
		resigned("alg is none", func(p *Provider, c map[string]any) string {
			return unsigned(header(p, map[string]any{"alg": "none"}), c) + "."
		}),
		resigned("alg is HS256 with the client secret", func(p *Provider, c map[string]any) string {
			return signHMAC(p.ClientSecret, header(p, map[string]any{"alg": "HS256"}), c)
		}),
		resigned("another key under the published id", func(p *Provider, c map[string]any) string { return newProviderKey().sign(header(p, nil), c) }),
		resigned("an unknown key id", func(_ *Provider, c map[string]any) string {
			k := newProviderKey()
			return k.sign(map[string]any{"alg": "ES256", "kid": k.id}, c)
		}),
		resigned("the key is in the header", func(_ *Provider, c map[string]any) string {
			k := newProviderKey()
			return k.sign(map[string]any{"alg": "ES256", "jwk": k.public()}, c)
		}),
		resigned("a header that is critical and unknown", func(p *Provider, c map[string]any) string {
			return p.signer().sign(header(p, map[string]any{"crit": []string{"x"}, "x": 1}), c)
		}),
		resigned("a token of another kind", func(p *Provider, c map[string]any) string {
			return p.signer().sign(header(p, map[string]any{"typ": "logout+jwt"}), c)
		}),
		{Name: "no key id and several keys", Token: func(p *Provider, c map[string]any, _ string) string {
			return p.signer().sign(map[string]any{"alg": "ES256"}, c)
		}, Keys: func(set []map[string]any) []map[string]any { return append(set, newProviderKey().public()) }},
		{Name: "the signature is spoilt", Token: func(_ *Provider, _ map[string]any, signed string) string { return spoilt(signed) }},
		{Name: "the claims are changed after signing", Token: func(_ *Provider, c map[string]any, signed string) string {
			parts := strings.Split(signed, ".")
			c["sub"] = "somebody else"
			_, payload, _ := strings.Cut(unsigned(nil, c), ".")
			return parts[0] + "." + payload + "." + parts[2]
		}},
		{Name: "a signature in JSON form", Token: func(_ *Provider, _ map[string]any, signed string) string {
			parts := strings.Split(signed, ".")
			return `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`
		}},
		{Name: "no ID token", Token: func(*Provider, map[string]any, string) string { return "" }},
		{Name: "a huge ID token", Token: func(_ *Provider, _ map[string]any, signed string) string {
			return signed + strings.Repeat("A", 100<<10)
		}},
	}
}

func addressTricks() []Trick {
	return []Trick{
		setting("email_verified is false", "email_verified", false),
		setting("email_verified is a string", "email_verified", "true"),
		setting("email_verified is a number", "email_verified", 1),
		setting("email_verified is null", "email_verified", []any{}),
		setting("email is no address", "email", "nobody"),
		{
			Name: "no address anywhere", Claims: func(c map[string]any) { delete(c, "email") },
			UserInfo: func(c map[string]any) { delete(c, "email") },
		},
		{
			Name: "userinfo is about another subject", Claims: func(c map[string]any) { delete(c, "email") },
			UserInfo: func(c map[string]any) { c["sub"] = "another" },
		},
		{
			Name: "userinfo has a verified string", Claims: func(c map[string]any) { delete(c, "email") },
			UserInfo: func(c map[string]any) { c["email_verified"] = "true" },
		},
	}
}

func answerTricks() []Trick {
	return []Trick{
		{Name: "iss of the answer is another (mix-up)", Answer: func(q url.Values) { q.Set("iss", "https://another.example") }},
		{Name: "iss of the answer is missing", Answer: func(q url.Values) { q.Del("iss") }},
		{Name: "the code is another", Answer: func(q url.Values) { q.Set("code", "another") }},
	}
}
