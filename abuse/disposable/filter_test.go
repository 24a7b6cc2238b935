package disposable_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crafteasy/auth/abuse/disposable"
	"github.com/crafteasy/auth/user"
)

// TestR09_OneVerdictForAllSpellings: every spelling of an address on a listed domain gets the same verdict.
func TestR09_OneVerdictForAllSpellings(t *testing.T) {
	f, err := disposable.NewFilter(disposable.Options{Block: []string{"wegwerf-b\u00fccher.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		address string
		want    bool
	}{
		{"a@mailinator.com", true},
		{"A@MAILINATOR.COM", true},
		{"a@Mailinator.com.", true},
		{" a@mailinator.com ", true},
		{"a+tag@mailinator.com", true},
		{"a@sub.mailinator.com", true},
		{"a@a.b.c.mailinator.com", true},
		{"a@wegwerf-b\u00fccher.example", true},
		{"a@wegwerf-bu\u0308cher.example", true},
		{"a@WEGWERF-B\u00dcCHER.EXAMPLE", true},
		{"a@xn--wegwerf-bcher-4ob.example", true},
		{"a@x.wegwerf-b\u00fccher.example.", true},
		{"a@xmailinator.com", false},
		{"a@mailinator.com.example", false},
		{"a@example.com", false},
		{"mailinator.com@example.com", false},
		{"a@gmail.com", false},
		{"x@privaterelay.appleid.com", false},
		{"x@mozmail.com", false},
	} {
		id, err := user.ParseEmail(c.address)
		if err != nil {
			t.Errorf("%q: %v", c.address, err)
			continue
		}
		if got := f.Blocks(user.Domain(id.Value)); got != c.want {
			t.Errorf("%q: blocked %t", c.address, got)
		}
	}
}

// TestFilter_TheClosestEntryDecides walks from the domain up; the host's own rules come before the list.
func TestFilter_TheClosestEntryDecides(t *testing.T) {
	list, err := disposable.Read(strings.NewReader("listed.example\ndeep.open.example\nmozmail.com\n"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := disposable.NewFilter(disposable.Options{
		List: list, Block: []string{"Blocked.example", "duck.com", "both.example"}, Allow: []string{"fine.listed.example", "ok.blocked.example", "both.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for domain, want := range map[string]bool{
		"listed.example": true, "a.listed.example": true, "fine.listed.example": false, "a.fine.listed.example": false,
		"blocked.example": true, "ok.blocked.example": false, "no.blocked.example": true,
		"open.example": false, "deep.open.example": true, "very.deep.open.example": true,
		"duck.com":     true,  // the host's own word stands above the relays that are allowed by default
		"mozmail.com":  false, // a relay is let through whatever a list says
		"both.example": false, "mailinator.com": false, "example": false, "": false,
	} {
		if got := f.Blocks(domain); got != want {
			t.Errorf("%s: blocked %t", domain, got)
		}
	}
}

func TestNewFilter_NamesTheWrongEntry(t *testing.T) {
	for want, opts := range map[string]disposable.Options{
		"entry 2 of Block": {Block: []string{"a.example", "com"}}, "entry 1 of Allow": {Allow: []string{"@a.example"}},
	} {
		if _, err := disposable.NewFilter(opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestBlocks_AllocatesNothing: the verdict costs the same however many ask.
func TestBlocks_AllocatesNothing(t *testing.T) {
	f, err := disposable.NewFilter(disposable.Options{})
	if err != nil {
		t.Fatal(err)
	}
	deep := strings.Repeat("a.", 100) + "example.com"
	if n := testing.AllocsPerRun(100, func() { f.Blocks(deep) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleNewFilter() {
	f, err := disposable.NewFilter(disposable.Options{Block: []string{"rival.example"}})
	if err != nil {
		panic(err)
	}
	for _, domain := range []string{"mailinator.com", "a.rival.example", "mozmail.com", "example.com"} {
		fmt.Println(domain, f.Blocks(domain))
	}
	// Output:
	// mailinator.com true
	// a.rival.example true
	// mozmail.com false
	// example.com false
}

func ExampleList_Reload() {
	list := disposable.New() // give it to the configuration
	err := list.Reload(strings.NewReader(""))
	fmt.Println(err, list.Len() > 5000)
	// Output: disposable: the list is empty or has lost more than half of its domains true
}

func BenchmarkBlocks(b *testing.B) {
	f, err := disposable.NewFilter(disposable.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		f.Blocks("mail.example.co.uk")
	}
}
