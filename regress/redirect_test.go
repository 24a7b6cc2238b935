package regress

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
)

// returns asks to be sent to each of these after signing in, and demands that no flow begins.
func returns(t *testing.T, places ...string) {
	t.Helper()
	w := social(t, func(c *auth.Config) {
		c.OAuth.ReturnTo = []string{"https://app.example/done", "http://127.0.0.1:9999/done"}
	})
	for _, to := range places {
		a := w.browser().do(http.MethodGet, "/auth/oauth2/demo/authorize?return_to="+url.QueryEscape(to), "")
		if a.status != http.StatusBadRequest || a.header.Get("Location") != "" || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %d %s", to, a.status, a.header.Get("Location"))
		}
	}
	w.browser().begin("demo", "?return_to="+url.QueryEscape("https://app.example/done"))
}

// TestCVE_2025_71403_Lookalikes: a list is of places, not of beginnings or endings.
func TestCVE_2025_71403_Lookalikes(t *testing.T) {
	returns(t, "https://app.example.evil.example/done", "https://app.example/done/../../evil", "https://app.example:444/done", "https://app.example/done#@evil")
}

// TestCVE_2025_53535_Origin: another scheme or spelling of an origin is another origin.
func TestCVE_2025_53535_Origin(t *testing.T) {
	returns(t, "http://app.example/done", "HTTPS://APP.EXAMPLE/done", "https:app.example/done", "https:/app.example/done", "https:///app.example/done")
}

// TestCVE_2024_56734_OtherHosts: a place that is on no list.
func TestCVE_2024_56734_OtherHosts(t *testing.T) {
	returns(t, "https://evil.example", "https://evil.example/?https://app.example/done", "evil.example", "ftp://app.example/done")
}

// TestCVE_2025_27143_SlashesAndBackslashes: what a browser reads as another host is no path.
func TestCVE_2025_27143_SlashesAndBackslashes(t *testing.T) {
	returns(t, `/\evil.example`, `\/evil.example`, `\\evil.example`, "/\t/evil.example", "/\n/evil.example", "/\r\\evil.example", "\t//evil.example")
}

// TestCVE_2026_82467_TwoSlashes: two slashes name a host.
func TestCVE_2026_82467_TwoSlashes(t *testing.T) {
	returns(t, "//evil.example", "///evil.example", "//evil.example/..", "//app.example/done")
}

// TestCVE_2026_40295_Referer: where a request came from decides nothing.
func TestCVE_2026_40295_Referer(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	at := b.do(http.MethodGet, "/auth/oauth2/demo/authorize", "", with("Referer", "https://evil.example/")).want(http.StatusFound, "").header.Get("Location")
	a := b.do(http.MethodGet, w.idp.Approve(t, at, adaThere).RequestURI(), "", with("Referer", "https://evil.example/")).want(http.StatusOK, "")
	if strings.Contains(fmt.Sprint(a.header)+a.body+at, "evil") {
		t.Errorf("answers %v %s", a.header, a.body)
	}
}

// TestGoPkgz_275_From: no other parameter names a place.
func TestGoPkgz_275_From(t *testing.T) {
	w := social(t, nil)
	query := "?"
	for _, name := range []string{"from", "redirect", "redirect_uri", "redirect_to", "next", "callbackURL", "continue", "url"} {
		query += name + "=" + url.QueryEscape("https://evil.example/") + "&"
	}
	b := w.browser()
	at := b.begin("demo", query)
	a := b.back(w.idp.Approve(t, at, adaThere)).want(http.StatusOK, "")
	if strings.Contains(at+fmt.Sprint(a.header), "evil") {
		t.Errorf("sent to %s, then %v", at, a.header)
	}
}

// TestHanko_2734_Glob: there are no patterns, and a star in the list is a letter.
func TestHanko_2734_Glob(t *testing.T) {
	returns(t, "http://127.0.0.1:9999/done/x", "http://127.0.0.1.evil.example/done", "http://127.0.0.1:9999@evil.example/done", "http://127.0.0.1:99999/done")
	if _, err := auth.New(auth.Config{Issuer: issuer, OAuth: auth.OAuth{ReturnTo: []string{"http://127.0.0.1**"}}}); err == nil {
		t.Error("a pattern is accepted")
	}
}

// TestKratos_d027980ec_LabelBoundary: the end of a name is not the name.
func TestKratos_d027980ec_LabelBoundary(t *testing.T) {
	returns(t, "https://evilapp.example/done", "https://sub.app.example/done", "https://app.example./done")
}

// TestCVE_2026_28512_UserInfo: what stands before an @ is no host.
func TestCVE_2026_28512_UserInfo(t *testing.T) {
	returns(t, "https://app.example@evil.example/done", "https://app.example:x@evil.example/done", `https://app.example\@evil.example/done`, "/@evil.example\x00")
}

// TestCVE_2026_67333_Scheme: a script is no place.
func TestCVE_2026_67333_Scheme(t *testing.T) {
	returns(t, "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x")
}

// TestGHSA_86j7_9j95_vpqj_RedirectURI: where the provider sends the browser back to is the configured place.
func TestGHSA_86j7_9j95_vpqj_RedirectURI(t *testing.T) {
	w := social(t, nil)
	at, err := url.Parse(w.browser().begin("demo", "?redirect_uri=https://evil.example/&redirect_uri="+url.QueryEscape(callback("other"))))
	if err != nil || at.Query().Get("redirect_uri") != callback("demo") || len(at.Query()["redirect_uri"]) != 1 {
		t.Errorf("sent to %s, %v", at, err)
	}
}

// poisoned asks for a message with headers that name another host, and demands that the message knows nothing of it.
func poisoned(t *testing.T, names ...string) {
	t.Helper()
	w := open(t, auth.Config{SignUp: true})
	for i, name := range names {
		o := with(name, "evil.example")
		if name == "Host" {
			o = func(r *http.Request) { r.Host = "evil.example" }
		}
		w.post("/auth/login/email", `{"email":"ada@example.com"}`, o, with("Origin", "https://evil.example"), with("Referer", "https://evil.example")).want(http.StatusOK, "")
		m := w.Inbox.Arrived(t, i+1)[i]
		if said := fmt.Sprintf("%+v", m); strings.Contains(said, "evil.example") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// TestGHSA_3529_5m8x_rpv3_ForwardedHost: headers of proxies name no host of a message.
func TestGHSA_3529_5m8x_rpv3_ForwardedHost(t *testing.T) {
	poisoned(t, "X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host")
}

// TestGHSA_pgx2_m66h_x29f_Host: the host of the request names no host of a message.
func TestGHSA_pgx2_m66h_x29f_Host(t *testing.T) { poisoned(t, "Host") }

// TestGHSA_9qq3_v9g3_cxhw_Forwarded: nor do the paths and protocols that proxies name.
func TestGHSA_9qq3_v9g3_cxhw_Forwarded(t *testing.T) {
	poisoned(t, "Forwarded", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Original-Url", "X-Rewrite-Url")
}

// TestCVE_2026_29067_ForwardedAtTheProvider: a forwarded host is in no URL that a browser is sent to.
func TestCVE_2026_29067_ForwardedAtTheProvider(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	dress := []option{with("X-Forwarded-Host", "evil.example"), with("Forwarded", "host=evil.example"), func(r *http.Request) { r.Host = "evil.example" }}
	at := b.do(http.MethodGet, "/auth/oauth2/demo/authorize?return_to=/x", "", dress...).want(http.StatusFound, "").header.Get("Location")
	a := b.do(http.MethodGet, w.idp.Approve(t, at, adaThere).RequestURI(), "", dress...).want(http.StatusSeeOther, "")
	if strings.Contains(at+fmt.Sprint(a.header), "evil") {
		t.Errorf("sent to %s, then %v", at, a.header)
	}
}

// sends asks for codes with these addresses, and demands that each is refused and nothing is sent.
func sends(t *testing.T, addresses ...string) {
	t.Helper()
	w := open(t, auth.Config{SignUp: true})
	for _, address := range addresses {
		body := encodeBody(map[string]any{"email": address})
		w.post("/auth/login/email", body).want(http.StatusBadRequest, "invalid_request")
	}
	w.Drain()
	if m := w.Inbox.Messages(); len(m) != 0 {
		t.Errorf("sent %+v", m)
	}
}

// TestCVE_2022_35924_ListOfAddresses: one field holds one address.
func TestCVE_2022_35924_ListOfAddresses(t *testing.T) {
	sends(t, "ada@example.com,eve@example.com", "ada@example.com;eve@example.com", "ada@example.com eve@example.com", "ada@example.com\neve@example.com",
		"<ada@example.com>,eve@example.com", "ada@example.com@eve.example", `"ada@example.com,"@eve.example`)
	w := open(t, auth.Config{SignUp: true})
	for _, body := range []string{
		`{"email":["ada@example.com","eve@example.com"]}`, `{"email":{"0":"ada@example.com"}}`, `{"email":"ada@example.com","email":"eve@example.com"}`,
		`{"email":"ada@example.com","Email":"eve@example.com"}`,
	} {
		w.post("/auth/login/email", body).want(http.StatusBadRequest, "invalid_request")
	}
}

// TestGHSA_7rqj_j65f_68wh_AfterNormalisation: what normalisation would turn into another address is refused before.
func TestGHSA_7rqj_j65f_68wh_AfterNormalisation(t *testing.T) {
	sends(t, "ada＠example.com", "ada@example．com", "ａda@example.com", "ada@example.com，eve@example.com", "ada@ex\u00adample.com", "ﬁ@example.com", "ada@example\u3002com\u200b")
}

// TestKratos_ee7127f47_Invisible: characters that nobody sees are in no address.
func TestKratos_ee7127f47_Invisible(t *testing.T) {
	sends(t, "ada\u200b@example.com", "ada\u200d@example.com", "ada\ufeff@example.com", "ada\u202e@example.com", "a\u2060da@example.com", "ada\x00@example.com", "ada\u115f@example.com")
}
