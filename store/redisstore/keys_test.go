package redisstore

import (
	"fmt"
	"strings"
	"testing"
)

// parts are owners and ids of every kind, no two the same.
func parts() []string {
	all := []string{
		"", "a", "A", "ab", "a:b", "a/b", "a.b", "a-b", "a_b", "a+b", "a@b", "a%", "a%3A", "a%3Ab", "%", "%25", "~", "~a", "{", "}", "{}", "{a}", "a}", " ", "a ",
		"\x00", "\x00a", "\n", "*", "?", "$", "é", "e\u0301", "\xff", "\xfe", "\xc3", "日本", strings.Repeat("k", longest), strings.Repeat("k", longest+1),
		strings.Repeat("k", longest+2), strings.Repeat("é", longest), strings.Repeat("é", longest) + "x", "~" + strings.Repeat("k", 43),
	}
	return append(all, escape(strings.Repeat("k", longest+1)))
}

func TestEscape(t *testing.T) {
	seen := map[string]string{}
	for _, part := range parts() {
		e := escape(part)
		if e == "" || strings.ContainsAny(e, "{}:/ *?\x00\n") || len(e) > longest {
			t.Errorf("escape(%.20q) = %.80q", part, e)
		}
		if other, taken := seen[e]; taken {
			t.Errorf("escape(%.20q) = escape(%.20q)", part, other)
		}
		seen[e] = part
	}
	if got := escape("user-1_2.3@example.com+x"); got != "user-1_2.3@example.com+x" {
		t.Errorf("an ordinary id becomes %q", got)
	}
}

// TestKeys: no two things share a key, whatever they are called.
func TestKeys(t *testing.T) {
	seen := map[string]string{}
	add := func(key, what string) {
		if other, taken := seen[key]; taken {
			t.Errorf("%s and %s share the key %.80q", what, other, key)
		}
		seen[key] = what
	}
	root := keys{escape("auth")}
	for name, k := range map[string]keys{
		"": root, "a": root.namespace("a"), "a, b": root.namespace("a").namespace("b"), "a/b": root.namespace("a/b"), "other": {escape("auth:kv")},
	} {
		add(k.single("floor"), name+" floor")
		for _, owner := range parts() {
			add(k.expiring(owner), fmt.Sprintf("%s kv %q", name, owner))
			add(k.of(owner, "user"), fmt.Sprintf("%s user %q", name, owner))
			add(k.of(owner, "lock"), fmt.Sprintf("%s lock %q", name, owner))
			for _, id := range parts() {
				add(k.of(owner, "ended:s", id), fmt.Sprintf("%s session %q of %q", name, id, owner))
				add(k.of(owner, "ended:t", id), fmt.Sprintf("%s token %q of %q", name, id, owner))
			}
		}
	}
}

// TestHashTag: what belongs to one owner has one hash tag, which a cluster looks for between the first { and the next }.
func TestHashTag(t *testing.T) {
	for _, owner := range parts() {
		k := keys{escape("{pre}fix")}.namespace("{name}")
		want := escape(owner)
		for _, key := range []string{k.of(owner, "sessions"), k.of(owner, "ended:t", "{id}"), k.of(owner, "ended:t", "}")} {
			_, rest, _ := strings.Cut(key, "{")
			tag, _, closed := strings.Cut(rest, "}")
			if !closed || tag != want || tag == "" {
				t.Errorf("the hash tag of %.80q is %.80q, want %.80q", key, tag, want)
			}
		}
	}
}
