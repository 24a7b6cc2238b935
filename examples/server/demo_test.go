package main

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"

	"golang.org/x/net/html"
)

// TestDemoProvider signs in through the page of the demo provider, as a browser does: by the form that it shows, against an
// issuer whose port is another server's, which must not matter.
func TestDemoProvider(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	base := "http://" + s.Listener.Addr().String()
	a, err := newApp(t.Context(), s.Listener.Addr().String(), lookup(map[string]string{"AUTH_ISSUER": base}))
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = a.handler()
	s.Start()
	t.Cleanup(func() { s.Close(); a.close() })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	res, err := browser.Get(base + "/auth/oauth2/demo/authorize")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := html.Parse(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", res.StatusCode, err)
	}
	form, action, method := url.Values{}, "", ""
	for n := range page.Descendants() {
		at := map[string]string{}
		for _, each := range n.Attr {
			at[each.Key] = each.Val
		}
		switch {
		case n.Type == html.ElementNode && n.Data == "form":
			action, method = at["action"], at["method"]
		case n.Type == html.ElementNode && n.Data == "input":
			form.Set(at["name"], at["value"])
		}
	}
	if _, asked := form["email"]; !asked || method != "post" {
		t.Fatalf("the form is %s %q with %v", method, action, form)
	}
	form.Set("email", "zoe@example.com")
	done, err := browser.PostForm(action, form)
	if err != nil {
		t.Fatal(err)
	}
	defer done.Body.Close()
	if done.StatusCode != http.StatusOK {
		t.Fatalf("status %d at %s", done.StatusCode, done.Request.URL)
	}
}

// TestNoDemoProviderBesideARealSender: whoever names an address would be its owner.
func TestNoDemoProviderBesideARealSender(t *testing.T) {
	a, err := newApp(t.Context(), "127.0.0.1:8080", lookup(map[string]string{"SMTP_URL": "smtp://127.0.0.1:25?from=a@example.com&insecure_no_tls=true"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	w := httptest.NewRecorder()
	a.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/dev/provider/authorize", nil))
	x := httptest.NewRecorder()
	a.handler().ServeHTTP(x, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/auth/oauth2/demo/authorize", nil))
	if a.demo != nil || w.Code != http.StatusNotFound || x.Code != http.StatusNotFound {
		t.Errorf("answers %d and %d", w.Code, x.Code)
	}
}
