package catalogue

import (
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// origins are all but the configured one, https://auth.example.
var origins = []string{
	"https://other.example", "https://www.auth.example", "https://example", "https://auth.example:8443", "https://auth.example:443", "http://auth.example",
	"https://auth.example/", "https://auth.example/x", "https://auth.example?", "https://auth.example#", "HTTPS://AUTH.EXAMPLE", "https://Auth.example",
	"https://auth.example.evil", "https://auth.example.", "https://evil@auth.example", "https://auth.exаmple", "https://xn--auth-exmple-m6j.example",
	"null", "", " https://auth.example", "https://auth.example ", "auth.example", "//auth.example", "file://", "about:blank",
	"android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0", "ios:bundle-id:com.example.auth", "chrome-extension://auth.example",
}

// TestW04_Origin: nothing but the configured origin, compared byte by byte, and the hash of the relying party id.
func TestW04_Origin(t *testing.T) {
	var all []tried
	for _, origin := range origins {
		all = append(all, tried{"origin " + origin, authtest.Set(map[string]any{"origin": origin})})
	}
	for _, id := range []string{"www.auth.example", "example", "other.example", "https://auth.example", "AUTH.EXAMPLE", "auth.example.", ""} {
		all = append(all, tried{"relying party " + id, func(n *authtest.Answer) { n.RPID = id }})
	}
	all = append(all, tried{"the relying party as appid", func(n *authtest.Answer) {
		n.RPID = "https://auth.example"
		n.JSON = func(credential, _ map[string]any) {
			credential["clientExtensionResults"] = map[string]any{"appid": true}
		}
	}})
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a, token := &authtest.Authenticator{}, e.login(ada)
		k := e.passkey(token, a)
		t.Run("sign-in", func(t *testing.T) { e.refusesAssertions(t, a, k, all) })
		t.Run("registration", func(t *testing.T) { e.refusesRegistrations(t, token, a, all) })
	})
}
