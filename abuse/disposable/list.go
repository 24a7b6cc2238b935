package disposable

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/crafteasy/auth/user"
)

//go:embed domains.txt
var embedded string

// MaxBytes is the most that is read of a list. The embedded one has an eighth of a megabyte.
const MaxBytes = 8 << 20

// Errors of a list that is not taken; match with errors.Is.
var (
	// ErrTooLarge says that a list is longer than [MaxBytes].
	ErrTooLarge = errors.New("disposable: the list is too large")
	// ErrShrunk says that a list is empty, or holds less than half of what the one it would replace does.
	ErrShrunk = errors.New("disposable: the list is empty or has lost more than half of its domains")
	// ErrDomain says that a line is no domain, or is one that no list may block.
	ErrDomain = errors.New("disposable: the list holds a line that cannot be right")
)

// List is a set of domains. It is safe for concurrent use. Its memory is the text of the list and nothing beside it.
type List struct{ text atomic.Pointer[string] }

// New answers the list that comes with the library. SOURCE.md beside it says where it is from.
func New() *List {
	l := &List{}
	l.text.Store(&embedded)
	return l
}

// Read makes a list of one domain a line, in any spelling and order. Blank lines and lines that begin with # are left out. It is
// all or nothing: an error is [ErrTooLarge], [ErrShrunk], [ErrDomain], or the reader's own.
func Read(r io.Reader) (*List, error) {
	l := &List{}
	text, err := parse(r)
	if err != nil {
		return nil, err
	}
	l.text.Store(&text)
	return l, nil
}

// Reload replaces the domains by those that r holds, as [Read] does. After an error the list is what it was. A list that has lost
// more than half of its domains is taken for a broken one.
func (l *List) Reload(r io.Reader) error {
	text, err := parse(r)
	if err != nil {
		return err
	}
	if strings.Count(text, "\n") < l.Len()/2 {
		return ErrShrunk
	}
	l.text.Store(&text)
	return nil
}

// Len is how many domains the list holds.
func (l *List) Len() int { return strings.Count(*l.text.Load(), "\n") }

// WriteTo writes the list, one domain a line, sorted. [Read] takes it.
func (l *List) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, *l.text.Load())
	return int64(n), err
}

// holds reports whether the list has this very domain, which is in normal form.
func (l *List) holds(domain string) bool {
	t := *l.text.Load()
	for lo, hi := 0, len(t); lo < hi; {
		mid := lo + (hi-lo)/2
		start := lo + strings.LastIndexByte(t[lo:mid], '\n') + 1
		end := mid + strings.IndexByte(t[mid:], '\n')
		switch line := t[start:end]; {
		case line == domain:
			return true
		case line < domain:
			lo = end + 1
		default:
			hi = start
		}
	}
	return false
}

// parse answers the domains of a list in normal form, sorted, each ended by a line feed.
func parse(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("disposable: reading the list: %w", err)
	case len(b) > MaxBytes:
		return "", ErrTooLarge
	}
	var domains []string
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		domain, ok := normal(line)
		if !ok || slices.Contains(mailHosts, domain) {
			return "", fmt.Errorf("%w: line %d", ErrDomain, n)
		}
		domains = append(domains, domain)
	}
	if len(domains) == 0 {
		return "", ErrShrunk
	}
	slices.Sort(domains)
	return strings.Join(slices.Compact(domains), "\n") + "\n", nil
}

// normal answers the domain as it stands in addresses: lower case, A-labels, no dot at its end.
func normal(domain string) (string, bool) {
	id, err := user.ParseEmail("x@" + domain)
	if err != nil {
		return "", false
	}
	return user.Domain(id.Value), true
}

// mailHosts are domains of which each serves millions of people. A list that holds one is broken.
var mailHosts = []string{
	"aol.com", "fastmail.com", "gmail.com", "gmx.com", "gmx.de", "googlemail.com", "hotmail.com", "icloud.com", "live.com", "mail.com",
	"mail.ru", "me.com", "msn.com", "naver.com", "outlook.com", "pm.me", "proton.me", "protonmail.com", "qq.com", "web.de", "yahoo.com",
	"yandex.com", "yandex.ru", "163.com",
}
