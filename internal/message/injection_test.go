package message_test

import (
	"net/netip"
	"strings"
	"testing"
	"unicode"

	"github.com/crafteasy/auth/internal/message"
	"github.com/crafteasy/auth/sender"
)

// hostile is what a stranger may put where a text goes.
var hostile = []string{
	"x\r\nBcc: evil@example.org",
	"x\nSubject: other",
	"x\u2028Bcc: y\u2029z\u0085w\vq\fr",
	"x\x00y\x1b[31mz",
	"\u202egnp.exe\u202c \u2066a\u2069 \u200fb\u200e",
	"a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg\u3164h\u115fi\u2800j",
	"\xff\xfe\xc0\xaf",
	"<script>alert(1)</script><img src=x onerror=alert(1)>",
	`"><a href="javascript:alert(1)">x</a>`,
	"{{.Code}}{{define \"lead\"}}x{{end}}",
	strings.Repeat("W", 10_000),
	"Mozilla/5.0 your account is locked, go to https://evil.example/ Firefox/1",
}

func everywhere(d sender.Data, s string) sender.Data {
	d.AppName, d.Detail, d.UserAgent, d.IP = s, s, s, s
	return d
}

func TestN04_NoTextStartsAHeader(t *testing.T) {
	r := renderer(t, nil)
	for _, s := range hostile {
		for _, k := range sender.Kinds() {
			m := render(t, r, sender.EmailChannel, k, everywhere(data(k), s))
			for _, c := range m.Subject {
				if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029' {
					t.Fatalf("%s: the subject holds %U: %q", k, c, m.Subject)
				}
			}
			if n := len([]rune(m.Subject)); n > 201 {
				t.Fatalf("%s: the subject has %d characters", k, n)
			}
			for _, c := range m.Text + m.HTML {
				if c != '\n' && unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
					t.Fatalf("%s: a text holds %U", k, c)
				}
			}
		}
	}
}

func TestNoMarkupComesThrough(t *testing.T) {
	r := renderer(t, nil)
	for _, k := range sender.Kinds() {
		plain := render(t, r, sender.EmailChannel, k, data(k)).HTML
		for _, s := range hostile {
			got := render(t, r, sender.EmailChannel, k, everywhere(data(k), s)).HTML
			for _, mark := range []string{"<script", "<img", "<a ", "javascript:"} {
				if n := strings.Count(got, mark); n > strings.Count(plain, mark) && mark != "javascript:" {
					t.Errorf("%s: %q brought %s into the page", k, s, mark)
				}
			}
			if strings.Contains(got, `href="javascript:`) {
				t.Errorf("%s: %q became a link", k, s)
			}
		}
	}
}

func TestAStrangersUserAgentIsNotRepeated(t *testing.T) {
	r := renderer(t, nil)
	for _, k := range sender.Kinds() {
		for _, c := range []sender.Channel{sender.EmailChannel, sender.SMSChannel} {
			d := data(k)
			d.UserAgent = "Firefox/1 your account is locked, go to https://evil.example/"
			d.IP = "evil.example"
			m := render(t, r, c, k, d)
			if strings.Contains(m.Subject+m.Text+m.HTML, "evil.example") {
				t.Errorf("%s by %s repeats the user agent or an address that is none", k, c)
			}
		}
	}
}

// gsm7 are the characters of the basic table of 3GPP TS 23.038, which take one septet each.
const gsm7 = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

func TestSMSFitsOnePart(t *testing.T) {
	r := renderer(t, func(o *message.Options) {
		o.AppName, o.Origin = strings.Repeat("Name ", 12), "https://accounts.a-rather-long-company-name.example"
	})
	for _, k := range sender.Kinds() {
		d := data(k)
		d.Detail = "Microsoft"
		if d.Code != "" {
			d.Code = "12345678"
		}
		m := render(t, r, sender.SMSChannel, k, d)
		for _, c := range m.Text {
			if !strings.ContainsRune(gsm7, c) {
				t.Errorf("%s: %q is not in the basic GSM table", k, c)
			}
		}
		if n := len([]rune(m.Text)); n > 160 {
			t.Errorf("%s: %d characters, want at most 160:\n%s", k, n, m.Text)
		}
	}
}

func TestSMSEndsInTheOriginBoundCode(t *testing.T) {
	for _, k := range []sender.Kind{sender.SignInCode, sender.StepUpCode, sender.ChangeCode} {
		text := render(t, renderer(t, nil), sender.SMSChannel, k, data(k)).Text
		if first, last, ok := strings.Cut(text, "\n\n"); !ok || last != "@example.com #048213" || strings.Contains(first, "\n") {
			t.Errorf("%s: want one line, an empty line, and @domain #code:\n%s", k, text)
		}
	}
}

func TestMappedAddressesAreShownAsIPv4(t *testing.T) {
	d := data(sender.SignInCode)
	d.IP = netip.MustParseAddr("::ffff:203.0.113.7").String()
	if m := render(t, renderer(t, nil), sender.EmailChannel, sender.SignInCode, d); !strings.Contains(m.Text, "from 203.0.113.7\n") {
		t.Errorf("the address is not shown:\n%s", m.Text)
	}
}
