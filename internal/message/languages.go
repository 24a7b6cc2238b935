package message

import (
	"fmt"
	"maps"
	"slices"

	"golang.org/x/text/language"

	"github.com/crafteasy/auth/sender"
)

// maxAccept bounds what is parsed of a client's list of languages, in bytes.
const maxAccept = 128

// languages are the texts of each language beside those that every message falls back to.
type languages struct {
	names   []string // of the matcher's tags; the first, empty one is the fallback
	matcher language.Matcher
	texts   map[string]texts
}

// parseLanguages makes the texts of each language: what it leaves out comes from base, and then from the defaults.
func parseLanguages(base sender.Templates, all map[string]sender.Templates) (languages, error) {
	l := languages{names: []string{""}, texts: map[string]texts{}}
	tags := []language.Tag{language.English}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		tag, err := language.Parse(name)
		if err != nil || tag.String() != name {
			return l, fmt.Errorf("message: Languages[%q] is not named by a BCP 47 tag in its plain form, such as sv or pt-BR", name)
		}
		if l.texts[name], err = parse(base, all[name]); err != nil {
			return l, fmt.Errorf("message: Languages[%q]: %w", name, err)
		}
		l.names, tags = append(l.names, name), append(tags, tag)
	}
	if len(all) > 0 {
		l.matcher = language.NewMatcher(tags)
	}
	return l, nil
}

// Language answers the configured language that fits best to what a client accepts (RFC 9110 section 12.5.4), or to a single tag; empty for
// the default texts.
func (r *Renderer) Language(accept string) string {
	if r.languages.matcher == nil || accept == "" || len(accept) > maxAccept {
		return ""
	}
	if _, exact := r.languages.texts[accept]; exact {
		return accept
	}
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(wanted) == 0 {
		return ""
	}
	_, i, confidence := r.languages.matcher.Match(wanted...)
	if confidence == language.No {
		return ""
	}
	return r.languages.names[i]
}

// in answers the texts of a language.
func (r *Renderer) in(name string) sender.Renderer {
	if t, ok := r.languages.texts[r.Language(name)]; ok {
		return t
	}
	return r.next
}
