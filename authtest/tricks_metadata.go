package authtest

import "strings"

// metadataTricks are documents that are not the issuer's, or that would make a sign-in weaker.
func metadataTricks() []Trick {
	set := func(name string, v any) func(m map[string]any) {
		return func(m map[string]any) { m[name] = v }
	}
	changed := func(name string, change func(string) string) func(m map[string]any) {
		return func(m map[string]any) {
			v, _ := m[name].(string)
			m[name] = change(v)
		}
	}
	var all []Trick
	for _, lie := range []struct {
		name   string
		change func(m map[string]any)
	}{
		{"the issuer has a slash more", changed("issuer", func(s string) string { return s + "/" })},
		{"the issuer has another case", changed("issuer", strings.ToUpper)},
		{"the issuer has a path", changed("issuer", func(s string) string { return s + "/tenant" })},
		{"the issuer is missing", set("issuer", "")},
		{"the issuer is another", set("issuer", "https://another.example")},
		{"the token endpoint is http", set("token_endpoint", "http://another.example/token")},
		{"the token endpoint is on another host", set("token_endpoint", "https://another.example/token")},
		{"the token endpoint is a number", set("token_endpoint", 7)},
		{"the token endpoint has a user", changed("token_endpoint", func(s string) string { return strings.Replace(s, "://", "://user@", 1) })},
		{"the keys are on another port", set("jwks_uri", "http://127.0.0.1:1/keys")},
		{"the keys are a file", set("jwks_uri", "file:///etc/passwd")},
		{"userinfo is on another host", set("userinfo_endpoint", "https://another.example/userinfo")},
		{"the authorization endpoint is a script", set("authorization_endpoint", "javascript:alert(1)")},
		{"the authorization endpoint is missing", set("authorization_endpoint", "")},
		{"no codes are answered", set("response_types_supported", []string{"token"})},
		{"nothing but none is signed with", set("id_token_signing_alg_values_supported", []string{"none"})},
		{"nothing but HMAC is signed with", set("id_token_signing_alg_values_supported", []string{"HS256"})},
		{"no PKCE but plain is taken", set("code_challenge_methods_supported", []string{"plain"})},
	} {
		all = append(all, Trick{Name: "metadata: " + lie.name, Metadata: lie.change, Outage: true, Early: true})
	}
	return all
}
