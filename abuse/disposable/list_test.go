package disposable

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"
)

// endless is a reader that never ends.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], string(e))
	}
	return n, nil
}

// TestEmbedded holds the list that comes with the library to what the code expects of it.
func TestEmbedded(t *testing.T) {
	l := New()
	if l.Len() < 5000 {
		t.Errorf("the list holds %d domains", l.Len())
	}
	text, err := parse(strings.NewReader(embedded))
	if err != nil || text != embedded {
		t.Errorf("the list is not in its normal form: %v", err)
	}
	for domain := range strings.Lines(embedded) {
		domain = strings.TrimSuffix(domain, "\n")
		if !l.holds(domain) {
			t.Fatalf("the search misses %s", domain)
		}
		if suffix, _ := publicsuffix.PublicSuffix(domain); suffix == domain {
			t.Errorf("%s is a public suffix: strangers live below it", domain)
		}
	}
	f, err := NewFilter(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, domain := range slices.Concat(mailHosts, relays) {
		if f.Blocks(domain) {
			t.Errorf("%s is blocked", domain)
		}
	}
}

// TestHolds looks for what is not there, at every edge of the search.
func TestHolds(t *testing.T) {
	for _, text := range []string{"b.example\n", "b.example\nd.example\n", "b.example\nd.example\nf.example\n"} {
		l, err := Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []string{"a.example", "b.example", "c.example", "d.example", "e.example", "f.example", "g.example", "b.exampl", "b.example2", ".example", "", "\n"} {
			if want := strings.Contains("\n"+text, "\n"+d+"\n") && len(d) > 1; l.holds(d) != want {
				t.Errorf("in %q, %q: %t", text, d, !want)
			}
		}
	}
}

func TestRead(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		rule string
		r    io.Reader
		want error
	}{
		{"an empty list", strings.NewReader(""), ErrShrunk},
		{"nothing but comments", strings.NewReader("# a\n\n#b\n"), ErrShrunk},
		{"a list of 50 MiB", io.LimitReader(endless("a.example\n"), 50<<20), ErrTooLarge},
		{"a list without an end", endless("a.example\n"), ErrTooLarge},
		{"one line without an end", endless("a"), ErrTooLarge},
		{"one long line", strings.NewReader(strings.Repeat("a", 1<<20)), ErrDomain},
		{"a page in place of a list", strings.NewReader("<!doctype html>\n<p>Not found</p>\n"), ErrDomain},
		{"a top-level domain", strings.NewReader("a.example\ncom\n"), ErrDomain},
		{"an address", strings.NewReader("a@b.example\n"), ErrDomain},
		{"a wildcard", strings.NewReader("*.b.example\n"), ErrDomain},
		{"a mail provider", strings.NewReader("a.example\nGmail.com.\n"), ErrDomain},
		{"bad UTF-8", strings.NewReader("\xff.example\n"), ErrDomain},
		{"a reader that fails", io.MultiReader(strings.NewReader("a.example\n"), failing{broken}), broken},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if l, err := Read(c.r); !errors.Is(err, c.want) || l != nil {
				t.Errorf("got %v, want %v and no list", err, c.want)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestR09_ABadListKeepsTheOld: what is empty, too large, broken or half gone replaces nothing.
func TestR09_ABadListKeepsTheOld(t *testing.T) {
	l := New()
	before := l.Len()
	half := strings.Join(strings.SplitAfter(embedded, "\n")[:before/2-1], "")
	for rule, r := range map[string]io.Reader{
		"an empty list": strings.NewReader(""), "a list of 50 MiB": io.LimitReader(endless("a.example\n"), 50<<20),
		"a list of one": strings.NewReader("a.example\n"), "less than half a list": strings.NewReader(half),
		"a list with a hole": strings.NewReader(embedded + "<br>\n"), "a reader that fails": failing{io.ErrUnexpectedEOF},
	} {
		if err := l.Reload(r); err == nil {
			t.Errorf("%s was taken", rule)
		}
		if l.Len() != before || !l.holds("mailinator.com") {
			t.Fatalf("after %s, the list has changed", rule)
		}
	}
	if err := l.Reload(strings.NewReader("# newer\r\n" + strings.ToUpper(embedded) + "new.example\r\n")); err != nil {
		t.Fatal(err)
	}
	if l.Len() != before+1 || !l.holds("new.example") || !l.holds("mailinator.com") {
		t.Errorf("a good list was not taken: %d domains", l.Len())
	}
	var b bytes.Buffer
	if n, err := l.WriteTo(&b); err != nil || int(n) != b.Len() {
		t.Fatal(n, err)
	}
	again, err := Read(&b)
	if err != nil || again.Len() != l.Len() {
		t.Errorf("what was written does not read: %v", err)
	}
}
