package message

import (
	"net/netip"
	"strings"
	"unicode"

	"github.com/crafteasy/auth/sender"
)

const (
	maxName = 64
	maxText = 200
)

// clean makes every text of d one visible line, and drops an IP that is none.
func clean(d sender.Data) sender.Data {
	d.AppName, d.Detail = line(d.AppName, maxName), line(d.Detail, maxName)
	d.Origin, d.Domain = line(d.Origin, maxText), line(d.Domain, maxText)
	d.UserAgent, d.Language = line(d.UserAgent, maxText), line(d.Language, maxName)
	if a, err := netip.ParseAddr(d.IP); err == nil {
		d.IP = a.Unmap().WithZone("").String()
	} else {
		d.IP = ""
	}
	return d
}

// line keeps what can be seen of s, in one line of at most limit characters. Line ends and controls become a blank:
// they could start a header. Bidirectional and invisible characters go: they could make a text read as another.
func line(s string, limit int) string {
	var b strings.Builder
	n, blank := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			blank = n > 0
			continue
		case hidden(r):
			continue
		}
		if blank {
			n++
		}
		if n++; n > limit {
			b.WriteString("…")
			break
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// lines keeps the line ends of a text, as "\n", and drops other controls. Blanks at the ends of lines and at the end of
// the text go: what fills an SMS code in looks at the last line.
func lines(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	all := strings.Split(s, "\n")
	for i, l := range all {
		all[i] = strings.TrimRight(strings.Map(func(r rune) rune {
			if r == '\t' || r == ' ' {
				return ' '
			}
			if unicode.IsControl(r) || bidi(r) {
				return -1
			}
			return r
		}, l), " ")
	}
	return strings.Trim(strings.Join(all, "\n"), "\n")
}

func hidden(r rune) bool {
	return r == unicode.ReplacementChar || r == '\u2800' || !unicode.IsGraphic(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func bidi(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }
