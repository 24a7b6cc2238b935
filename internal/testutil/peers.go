package testutil

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Query is a token and what a verifier knows.
type Query struct {
	Token    string          `json:"token"`
	JWKS     json.RawMessage `json:"jwks,omitempty"` // the JWK set as published
	PEM      string          `json:"pem,omitempty"`  // the public key, for the Python libraries, where there is no JWKS
	Issuer   string          `json:"issuer"`
	Audience string          `json:"audience"`
	Type     string          `json:"typ,omitempty"` // the typ header to demand, for jose
}

// Verdict is what one library says about a token.
type Verdict struct {
	Library string // jose, PyJWT or jwcrypto
	OK      bool
	Detail  string // the subject, or the library's own word for its refusal
}

// Verify asks libraries that share no code with this one: jose (only with a JWKS), PyJWT and jwcrypto.
func Verify(tb testing.TB, q Query) []Verdict {
	tb.Helper()
	in, err := json.Marshal(q)
	if err != nil {
		tb.Fatal(err)
	}
	var out []Verdict
	if q.JWKS != nil {
		out = append(out, use(tb, func() ([]Verdict, error) { return ask(peer, "jose-verify.mjs", in) })...)
	}
	return append(out, use(tb, func() ([]Verdict, error) { return ask(python, "jwt_peers.py", in) })...)
}

// NodePeer runs a script of internal/tools/peers with the JSON of in on its standard input, and returns its verdicts.
func NodePeer(tb testing.TB, script string, in any) []Verdict {
	tb.Helper()
	text, err := json.Marshal(in)
	if err != nil {
		tb.Fatal(err)
	}
	return use(tb, func() ([]Verdict, error) { return ask(peer, script, text) })
}

// ask runs a script and reads one verdict a line: "LIBRARY: OK DETAIL" or "LIBRARY: refused DETAIL".
func ask(find func(string) (string, string, error), script string, stdin []byte) ([]Verdict, error) {
	program, path, err := find(script)
	if err != nil {
		return nil, err
	}
	out, err := output(program, stdin, path)
	if err != nil {
		return nil, err
	}
	var verdicts []Verdict
	for line := range strings.Lines(out) {
		library, rest, found := strings.Cut(strings.TrimSpace(line), ": ")
		word, detail, _ := strings.Cut(rest, " ")
		if !found || word != "OK" && word != "refused" {
			return nil, fmt.Errorf("%s says %q", script, line)
		}
		verdicts = append(verdicts, Verdict{Library: library, OK: word == "OK", Detail: detail})
	}
	return verdicts, nil
}

// peer returns the paths of Node and of a script that uses the packages which "make tools" installs.
func peer(script string) (node, path string, err error) {
	if node, err = look("node", "nodejs"); err != nil {
		return "", "", err
	}
	root, err := repository()
	if err != nil {
		return "", "", err
	}
	dir := filepath.Join(root, "internal", "tools", "peers")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "jose")); err != nil {
		return "", "", &missing{what: "the set of Node packages", how: "make tools"}
	}
	return node, filepath.Join(dir, script), nil
}

// python returns the paths of Debian's Python, the one its packages belong to, and of a script.
func python(script string) (program, path string, err error) {
	program = "/usr/bin/python3"
	if _, err := output(program, nil, "-c", "import jwt, jwcrypto"); err != nil {
		return "", "", apt("PyJWT with jwcrypto", "python3-jwt python3-jwcrypto")
	}
	root, err := repository()
	return program, filepath.Join(root, "internal", "tools", "peers", script), err
}
