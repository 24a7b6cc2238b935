package oauth

import "testing"

// TestOnwards: a parameter is added to the text that was judged. Nothing in it is decoded on the way, or a path becomes an origin.
func TestOnwards(t *testing.T) {
	for to, want := range map[string]string{
		"/":                          "/?code=c",
		"/a?b=c#d":                   "/a?b=c&code=c#d",
		"/a#d?e":                     "/a?code=c#d?e",
		"/%2fevil.example/ a":        "/%2fevil.example/%20a?code=c",
		"/%2F%2Fevil.example/\u00e5": "/%2F%2Fevil.example/%C3%A5?code=c",
		"/%5cevil.example/<>":        "/%5cevil.example/%3C%3E?code=c",
		`/a\b`:                       "/a%5Cb?code=c",
		"https://app.example/done":   "https://app.example/done?code=c",
	} {
		if got := onwards(to, "code", "c"); got != want {
			t.Errorf("%q becomes %q, want %q", to, got, want)
		}
	}
}

// TestWhatReturnToHolds: places on other origins, and no code goes over a network in the clear.
func TestWhatReturnToHolds(t *testing.T) {
	for to, works := range map[string]bool{
		"https://app.example/done":      true,
		"http://127.0.0.1:3000/done":    true,
		"http://[::1]/done":             true,
		"http://localhost:3000/done":    true,
		"com.example.app://done":        true,
		"http://app.example/done":       false,
		"HTTP://app.example/done":       false,
		"http://127.0.0.1.example/done": false,
		"/done":                         false,
		"//app.example/done":            false,
		"https://ada@app.example/done":  false,
		`https://app.example\@evil`:     false,
		"https://app.example/\n":        false,
		"":                              false,
	} {
		if err := checkReturn(to); (err == nil) != works {
			t.Errorf("%q: %v", to, err)
		}
	}
}
