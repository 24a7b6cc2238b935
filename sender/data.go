package sender

import (
	"fmt"
	"strings"
	"time"
)

// Data is what a message can say. Templates reach its fields and methods, such as {{.Code}} and {{.Validity}}.
//
// The default renderer cleans every text before a template sees it: one line, no control, bidirectional or invisible
// characters, at most 200 characters (names and details 64). Renderers of your own must do the same: UserAgent is text
// that a stranger chose.
type Data struct {
	// AppName is the service's name as people know it.
	AppName string
	// Origin is the configured base URL, such as "https://example.com", or empty. It never comes from a request.
	Origin string
	// Domain is the host that the code belongs to, such as "example.com". Phones fill a code in only there. Empty
	// leaves the origin-bound last line out of an SMS.
	Domain string
	// Code is the one-time code; empty for a notice.
	Code string
	// Valid is how long the code lives.
	Valid time.Duration
	// Detail is what a notice is about: a provider's name, a passkey's name, a masked address, a reason.
	Detail string
	// Remaining is how many recovery codes are left.
	Remaining int
	// When is the time of the event.
	When time.Time
	// IP is the address the request came from, or empty.
	IP string
	// UserAgent is the client's own description of itself. [Data.Device] is the safe way to show it.
	UserAgent string
	// Language is the BCP 47 tag of the language to write in, such as "sv", or empty for the default: see auth.Config.Language.
	// Validity, Time and Device speak English; {{.Valid.Minutes}} and {{.When.Format "2006-01-02 15:04"}} speak none.
	Language string
}

// Validity is Valid in words: "5 minutes", "1 minute", "90 seconds".
func (d Data) Validity() string {
	n, unit := int(d.Valid/time.Second), "second"
	if n%60 == 0 && n != 0 {
		n, unit = n/60, "minute"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// Time is When in words, in UTC: "24 Nov 2026, 08:43 UTC". It is empty when When is zero.
func (d Data) Time() string {
	if d.When.IsZero() {
		return ""
	}
	return d.When.UTC().Format("2 Jan 2006, 15:04") + " UTC"
}

// Device names the browser and system that UserAgent speaks of: "Firefox on Linux". Only names of its own list come
// out, never the text itself, so that a stranger cannot write into somebody else's mail; "" when it knows neither.
func (d Data) Device() string {
	browser, system := first(d.UserAgent, browsers), first(d.UserAgent, systems)
	switch {
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// Both lists are in order: most user agents also claim to be those further down.
var (
	browsers = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chromium/", "Chromium"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"curl/", "curl"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"CrOS", "ChromeOS"},
		{"Windows", "Windows"},
		{"Macintosh", "macOS"},
		{"Linux", "Linux"},
	}
)

func first(s string, names [][2]string) string {
	for _, n := range names {
		if strings.Contains(s, n[0]) {
			return n[1]
		}
	}
	return ""
}
