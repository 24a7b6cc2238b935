package catalogue

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/crafteasy/auth"
)

// cookieMode is a service for pages.
func cookieMode() auth.Config { return auth.Config{CookieMode: true} }

const cookieName = "__Host-auth"

// cookie presents a token as a browser does.
func cookie(token string) option { return header("Cookie", cookieName+"="+token) }

// from is what a browser says of the page that asks: its site, and where it has to, its origin.
func from(site, origin string) option {
	return func(r *http.Request) {
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
	}
}

// ownPage is a page of the service.
var ownPage = from("same-origin", issuer)

// foreign are the pages that must not get a browser to do anything.
var foreign = map[string]option{
	"a form on another site":                from("cross-site", "https://evil.example"),
	"another site that hides its origin":    from("cross-site", "null"),
	"a sibling subdomain":                   from("same-site", "https://blog.auth.example"),
	"a sibling that hides its origin":       from("same-site", "null"),
	"another scheme":                        from("cross-site", "http://auth.example"),
	"another port":                          from("same-site", "https://auth.example:8443"),
	"a sandbox in an old browser":           from("", "null"),
	"another site in an old browser":        from("", "https://evil.example"),
	"a longer name in an old browser":       from("", "https://auth.example.evil.example"),
	"a sibling subdomain in an old browser": from("", "https://blog.auth.example"),
}

// setCookies are the cookies of the session that the answer sets or takes away.
func (a answer) setCookies() []*http.Cookie {
	var found []*http.Cookie
	for _, c := range a.cookies() {
		if c.Name == cookieName {
			found = append(found, c)
		}
	}
	return found
}

// token is the token of the answer, wherever it is.
func (a answer) token() string {
	for _, c := range a.setCookies() {
		return c.Value
	}
	return a.text("token")
}

// takesAway reports whether the answer has the browser forget the token, and does nothing else to its cookies.
func (a answer) takesAway() bool {
	set := a.header["Set-Cookie"]
	return slices.Equal(set, []string{cookieName + "=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"})
}

// bare reports whether the answer sets no cookie. It may take away one of a flow, and in cookie mode that of a session.
func (e *env) bare(a answer) bool {
	return !slices.ContainsFunc(a.cookies(), func(c *http.Cookie) bool {
		return c.Value != "" || c.MaxAge >= 0 || c.Name == cookieName && !e.Config.CookieMode
	})
}

// signingIn are the routes whose answer can be a token of a session, as openapi.json says.
func (e *env) signingIn(t *testing.T) []string {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Security  *[]any `json:"security"`
			Responses map[string]struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					} `json:"schema"`
				} `json:"content"`
			} `json:"responses"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(e.do(http.MethodGet, "/auth/openapi.json", "").body), &doc); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, rt := range e.Routes() {
		path := rt.Path[len("/auth"):]
		if rt.Method != http.MethodPost || path == "/api-key" || path == "/api-key/signed" {
			continue // machines have no cookie, and what a GET changes is bound to its browser by a state
		}
		for _, answer := range doc.Paths[path]["post"].Responses {
			if answer.Content["application/json"].Schema.Ref == "#/components/schemas/Token" {
				found = append(found, rt.Path)
			}
		}
	}
	if len(found) < 7 {
		t.Fatalf("only %v", found)
	}
	return found
}
