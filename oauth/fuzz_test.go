package oauth

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzReturnTo: whatever is accepted, a browser that reads it beside the own origin stays at that origin, before and after the code is
// put into it. The browser's reading is the one of the URL standard: tabs and line breaks go, a backslash is a slash.
func FuzzReturnTo(f *testing.F) {
	for _, seed := range []string{
		"/", "/a?b=c#d", "//evil.example", `/\evil.example`, "/\t/evil.example", "/\n\\evil.example", "https://evil.example", "javascript:alert(1)",
		"/%2f/evil.example", "/a//b", "https://app.example/done", "https://app.example/done?x", "https://app.example@evil.example", "/:80", "/?//", "/\x00", "/%2fevil.example/ ",
	} {
		f.Add(seed)
	}
	s := &Service{opts: Options{ReturnTo: []string{"https://app.example/done"}}}
	stays := func(to string) bool {
		read := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(to)
		u, err := url.Parse("https://own.example/")
		if err != nil || strings.HasPrefix(read, "//") {
			return false
		}
		next, err := u.Parse(read)
		return err == nil && next.Scheme == "https" && next.Host == "own.example" && next.User == nil
	}
	f.Fuzz(func(t *testing.T, to string) {
		if to == "" || !s.mayReturn(to) || to == "https://app.example/done" {
			return
		}
		if !stays(to) {
			t.Fatalf("%q leaves the origin", to)
		}
		if next := onwards(to, "code", "c"); !stays(next) {
			t.Fatalf("%q becomes %q", to, next)
		}
	})
}
