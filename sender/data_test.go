package sender_test

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/sender"
)

func TestDataInWords(t *testing.T) {
	for _, c := range []struct {
		valid time.Duration
		want  string
	}{
		{5 * time.Minute, "5 minutes"},
		{time.Minute, "1 minute"},
		{90 * time.Second, "90 seconds"},
		{time.Second, "1 second"},
		{10*time.Minute + time.Millisecond, "10 minutes"},
	} {
		if got := (sender.Data{Valid: c.valid}).Validity(); got != c.want {
			t.Errorf("%v: got %q, want %q", c.valid, got, c.want)
		}
	}
	at := time.Date(2026, 11, 24, 9, 43, 0, 0, time.FixedZone("", 3600))
	if got := (sender.Data{When: at}).Time(); got != "24 Nov 2026, 08:43 UTC" {
		t.Errorf("got %q, want UTC", got)
	}
	if got := (sender.Data{}).Time(); got != "" {
		t.Errorf("no time: got %q", got)
	}
}

func TestDeviceComesFromAList(t *testing.T) {
	for _, c := range []struct{ agent, want string }{
		{"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge on Windows"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome on Windows"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"},
		{"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Internet on Android"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", "Safari on macOS"},
		{"curl/8.5.0", "curl"},
		{"Windows", "Windows"},
		{"call +1 900 123 now", ""},
		{"", ""},
	} {
		if got := (sender.Data{UserAgent: c.agent}).Device(); got != c.want {
			t.Errorf("%q: got %q, want %q", c.agent, got, c.want)
		}
	}
}

func TestKindsCarryACodeOrNot(t *testing.T) {
	codes := 0
	seen := map[sender.Kind]bool{}
	for _, k := range sender.Kinds() {
		if seen[k] {
			t.Errorf("%s twice", k)
		}
		seen[k] = true
		if k.Purpose() == sender.Code {
			codes++
		}
	}
	if codes != 3 || sender.Kind("other").Purpose() != sender.Notice {
		t.Errorf("%d kinds carry a code, want 3", codes)
	}
}
