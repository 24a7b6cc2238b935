package catalogue

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// kept is a secret that existed, and what kind of secret it is.
type kept struct{ kind, value string }

// secrets are all that existed in a run. Senders add to them beside the test.
type secrets struct {
	mu  sync.Mutex
	all []kept
}

// list are those so far.
func (s *secrets) list() []kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

// add notes a secret; empty ones and those that are known are left out.
func (s *secrets) add(kind, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := (kept{kind, value}); value != "" && !slices.Contains(s.all, k) {
		s.all = append(s.all, k)
	}
}

// token notes a token, and its signature, without which it is worth nothing.
func (s *secrets) token(kind, token string) {
	s.add(kind, token)
	if parts := strings.Split(token, "."); len(parts) == 3 {
		s.add("the signature of "+kind, parts[2])
		s.add("half the signature of "+kind, parts[2][:40])
	}
}

// forms are the ways in which a value may be written: raw, hex, base64 of both alphabets, padded or not, for URLs, as Go prints bytes. What
// is base64 itself is looked for as the bytes that it stands for, too.
func forms(value string) map[string]string {
	f := map[string]string{}
	write := func(of string, b []byte) {
		f["hex"+of] = hex.EncodeToString(b)
		f["HEX"+of] = strings.ToUpper(hex.EncodeToString(b))
		f["base64"+of] = base64.StdEncoding.EncodeToString(b)
		f["base64, unpadded"+of] = base64.RawStdEncoding.EncodeToString(b)
		f["base64url"+of] = base64.URLEncoding.EncodeToString(b)
		f["base64url, unpadded"+of] = base64.RawURLEncoding.EncodeToString(b)
		f["numbers"+of] = strings.Trim(fmt.Sprint(b), "[]")
	}
	f["raw"] = value
	f["in a query"], f["in a path"] = url.QueryEscape(value), url.PathEscape(value)
	f["quoted"] = strings.Trim(strconv.Quote(value), `"`)
	write("", []byte(value))
	for _, enc := range []*base64.Encoding{base64.RawURLEncoding, base64.StdEncoding} {
		if b, err := enc.DecodeString(value); err == nil && len(b) >= 12 {
			f["bytes"] = string(b)
			write(" of the bytes", b)
		}
	}
	return f
}

// holds reports in which form a text holds a value. A short number counts only where it stands alone: six digits are part of many times.
func holds(text, value string) (string, bool) {
	for name, form := range forms(value) {
		for rest, at := text, 0; ; rest = rest[at+len(form):] {
			if at = strings.Index(rest, form); at < 0 {
				break
			}
			if len(form) > 8 || standsAlone(rest, at, len(form)) {
				return name, true
			}
		}
	}
	return "", false
}

func standsAlone(text string, at, n int) bool {
	part := func(i int) bool {
		if i < 0 || i >= len(text) {
			return false
		}
		c := text[i]
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.' || c == ':'
	}
	return !part(at-1) && !part(at+n)
}

// found answers where secrets are in a text, one line each. Kinds that may be there are named.
func (s *secrets) found(text string, may ...string) (hits []string) {
	for _, k := range s.list() {
		if slices.Contains(may, k.kind) {
			continue
		}
		if form, ok := holds(text, k.value); ok {
			hits = append(hits, fmt.Sprintf("%s, %s", k.kind, form))
		}
	}
	return hits
}

// TestLeak_TheSearchFinds plants a secret in each of its forms, and finds every one.
func TestLeak_TheSearchFinds(t *testing.T) {
	s := &secrets{}
	for kind, value := range map[string]string{
		"a code": "123456", "a handle": "FgVYfPVHDi1DcmyR7BQVYA", "an API key": "ak_12345678_zzzz", "bytes": "\x00\xff/+?&=\"<", "a recovery code": "ABCDEF-GHIJKL",
	} {
		s.all = nil
		s.add(kind, value)
		for name, form := range forms(value) {
			for _, text := range []string{form, "level=INFO msg=x code=" + form + " y=1", `{"x":"` + form + `"}`, "[" + form + "]"} {
				if len(s.found(text)) != 1 {
					t.Errorf("%s, %s, is not found in %q", kind, name, text)
				}
			}
		}
		if hits := s.found("time=2026-01-01T12:34:56.123456Z level=INFO id=11234567 msg=x"); len(hits) != 0 {
			t.Errorf("found where nothing is: %v", hits)
		}
	}
	s.all = nil
	s.token("a token", "aaaa.bbbb."+strings.Repeat("c", 176))
	if len(s.found("sig="+strings.Repeat("c", 60))) == 0 {
		t.Error("half a signature is not found")
	}
}
