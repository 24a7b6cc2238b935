package webauthn

import "testing"

func TestPlaces(t *testing.T) {
	ok := Options{RPID: "example.com", Origins: []string{"https://example.com"}}
	with := func(change func(*Options)) Options {
		o := ok
		change(&o)
		return o
	}
	for name, o := range map[string]Options{
		"the domain":          ok,
		"below it":            with(func(o *Options) { o.Origins = []string{"https://www.example.com", "https://a.b.example.com:8443"} }),
		"localhost over http": {RPID: "localhost", Origins: []string{"http://localhost:8080"}},
		"elsewhere, related":  with(func(o *Options) { o.RelatedOrigins = []string{"https://example.se"} }),
	} {
		if err := checkPlaces(o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, id := range []string{"", "127.0.0.1", "::1", "[::1]", "example.com:443", "https://example.com", "Example.com", "*.example.com", "com", "example.com.", "exämple.com", "1.2.3"} {
		if err := checkPlaces(with(func(o *Options) { o.RPID = id })); err == nil {
			t.Errorf("the relying party id %q passes", id)
		}
	}
	for _, origin := range []string{
		"", "*", "https://*.example.com", "https://*", "https://other.example", "https://badexample.com", "https://example.com.evil.org", "http://example.com", "http://www.example.com",
		"https://example.com/", "https://example.com/x", "https://EXAMPLE.com", "https://example.com:443", "https://u@example.com", "https://127.0.0.1", "null",
		"android:apk-key-hash:x", "example.com", "//example.com", "https://example.com?", "https://example.com#", "https://com",
	} {
		if err := checkPlaces(with(func(o *Options) { o.Origins = []string{origin} })); err == nil {
			t.Errorf("the origin %q passes", origin)
		}
	}
	if err := checkPlaces(with(func(o *Options) { o.RelatedOrigins = []string{"https://*.example.se"} })); err == nil {
		t.Error("a related origin with a wildcard passes")
	}
}
