package abuse

import (
	"regexp"
	"slices"
)

// provider is what differs between the providers of siteverify.
type provider struct {
	endpoint string
	// siteKey says that the request may name the site key, so that a token of another site fails.
	siteKey bool
	// testSecrets pass or fail every token, whoever sends it.
	testSecrets *regexp.Regexp
}

// providers speak one protocol: a form goes to siteverify, a JSON object comes back.
var providers = map[string]provider{
	"turnstile": {
		endpoint:    "https://challenges.cloudflare.com/turnstile/v0/siteverify",
		testSecrets: regexp.MustCompile(`^[0-9]x0+AA$`),
	},
	"hcaptcha": {
		endpoint: "https://api.hcaptcha.com/siteverify", siteKey: true,
		testSecrets: regexp.MustCompile(`^0x0+$`),
	},
	"recaptcha": {
		endpoint:    "https://www.google.com/recaptcha/api/siteverify",
		testSecrets: regexp.MustCompile(`^6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe$`),
	},
}

// The codes with which providers refuse a token. Any other one means that the request was not understood, or the secret is wrong: that
// is nothing a person could mend by another try.
var tokenErrors = []string{
	"missing-input-response", "invalid-input-response", "timeout-or-duplicate", "expired-input-response", "already-seen-response",
	"invalid-or-already-seen-response",
}

// blamesToken reports whether a refusal is about the token alone.
func blamesToken(codes []string) bool {
	return !slices.ContainsFunc(codes, func(code string) bool { return !slices.Contains(tokenErrors, code) })
}
