package proof

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestL05_Check demands that what continuous integration runs has every gate.
func TestL05_Check(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "Makefile"), "\ncheck:")
	check, _, _ := strings.Cut(rest, "\n\n")
	for _, gate := range []string{
		".ci/format", "go vet ./...", "golangci-lint run ./...", ".ci/fuzz", "go test -race", "go mod verify",
	} {
		if !strings.Contains(check, gate) {
			t.Errorf(`"make check" does not run %q`, gate)
		}
	}
	if !strings.Contains(read(t, ".ci/run"), "make --no-print-directory check") {
		t.Error(`continuous integration does not run "make check"`)
	}
	lint := read(t, ".golangci.yml")
	disabled, _, _ := strings.Cut(lint, "\n  settings:")
	if !strings.Contains(disabled, "default: all") {
		t.Error("not every linter is on")
	}
	for _, needed := range []string{"gosec", "staticcheck", "govet", "errcheck", "bodyclose", "noctx", "errorlint", "bidichk"} {
		if regexp.MustCompile(`(?m)^\s+- ` + needed + `\b`).MatchString(disabled) {
			t.Errorf("%s is off", needed)
		}
	}
}

// fuzzed are the parsers of what strangers send, and the target that fuzzes each.
var fuzzed = map[string]string{
	"tokens": "FuzzVerify", "payloads of tokens": "FuzzPayload", "keys of a key set": "FuzzJWK", "keys in PEM": "FuzzParseKeys",
	"JSON bodies": "FuzzUnmarshal", "mail addresses": "FuzzParseEmail", "phone numbers": "FuzzParsePhone",
	"forwarded addresses": "FuzzFrom", "signed assertions": "FuzzAssertion", "API keys": "FuzzSecretForm", "keys of machines": "FuzzParseKey",
	"answers of passkeys": "FuzzAnswer", "CBOR of passkeys": "FuzzKey", "where a browser returns to": "FuzzReturnTo",
}

// TestL05_Fuzzed demands a fuzz target with seeds for every parser of what strangers send.
func TestL05_Fuzzed(t *testing.T) {
	s := tests(t)
	for what, target := range fuzzed {
		found := s.find(target)
		if len(found) != 1 {
			t.Errorf("%s: %s is there %d times", what, target, len(found))
			continue
		}
		if !s.adds(found[0]) {
			t.Errorf("%s: %s has no seeds", what, target)
		}
	}
}

// adds reports whether a fuzz target, or a helper that it is handed to, adds seeds.
func (s *source) adds(f function) bool {
	found := false
	ast.Inspect(f.body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return !found
		}
		switch fun := call.Fun.(type) {
		case *ast.SelectorExpr:
			found = found || written(fun) == "f.Add"
		case *ast.Ident:
			for _, helper := range s.helpers[f.dir][fun.Name] {
				found = found || slices.ContainsFunc(call.Args, func(e ast.Expr) bool { return written(e) == "f" }) && s.adds(helper)
			}
		}
		return !found
	})
	return found
}

// TestL05_NoGoroutineIsLeft demands that the tests of the whole stack fail where a goroutine is left.
func TestL05_NoGoroutineIsLeft(t *testing.T) {
	for _, dir := range []string{"internal/catalogue", "regress"} {
		if !strings.Contains(read(t, dir+"/main_test.go"), "goleak.VerifyTestMain") {
			t.Errorf("the tests of %s do not look for goroutines", dir)
		}
	}
}

// library answers every file of the library itself that is no test, parsed: what a host may link.
func library(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name != "." && strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{
			"node_modules", "bench", "e2e", "examples", "internal/testutil", "internal/tools", "store/storetest", "authtest", "regress",
		}, name)):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		files[name], err = parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Fatalf("only %d files were found", len(files))
	}
	return files
}

// TestL05_Randomness demands that no file of the library knows another source of randomness than crypto/rand.
func TestL05_Randomness(t *testing.T) {
	for name, file := range library(t) {
		for _, imp := range file.Imports {
			switch strings.Trim(imp.Path.Value, `"`) {
			case "math/rand", "math/rand/v2":
				t.Errorf("%s imports %s", name, imp.Path.Value)
			}
		}
	}
}

// secretName is what a value is called that must not be compared byte by byte until the first difference.
var secretName = regexp.MustCompile(`(?i)(mac|hash|digest|secret|code|verifier|signature|nonce|binding|recovery|password)$`)

// publicName is what ends like a secret and is none: what a server answered, and codes of errors.
var publicName = regexp.MustCompile(`^(http\.Status\w+|\w+\.StatusCode|(r|refused)\.Code|sender\.Code|session\.ByCode|ByCode|MethodRecovery)$`)

// waived are comparisons that tell nobody anything, by file and text, each with its reason.
var waived = map[string]string{
	"webauthn/signin.go: bytes.Equal(p.handle, held.Handle)":                  "a user handle is no secret: the authenticator shows it to every page of the site",
	"webauthn/signin.go: bytes.Equal(id, held.ID)":                            "an id of a credential is no secret",
	"jwt/sign.go: bytes.Equal(text, again)":                                   "both are texts that the caller of Sign has",
	"session/signin.go: bytes.Equal(b, again)":                                "both are claims that the host has",
	"store/mongostore/state.go: bytes.Equal(b, id.Data)":                      "an id of a document",
	"store/mongostore/identities.go: bytes.Equal(held.User.Data, owner.Data)": "an id of a user",
	"store/memstore/totp.go: bytes.Equal(c, hash)":                            "SHA-256 of 120 random bits: where two differ says nothing about the code",
	"apikey/assertion.go: from != code":                                       "an api_code is a name and no secret",
	"apikey/publickey.go: secret != (private{})":                              "whether a key has private members is all that is asked",
}

// TestL05_ConstantTime looks for values named like secrets that are compared by == or bytes.Equal.
func TestL05_ConstantTime(t *testing.T) {
	used := map[string]bool{}
	for name, file := range library(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			var what string
			switch n := n.(type) {
			case *ast.CallExpr:
				if text := written(n.Fun); text == "bytes.Equal" || text == "slices.Equal" && secretName.MatchString(written(n.Args[0])) {
					what = written(n)
				}
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && secret(n.X) && !constant(n.Y) || (n.Op == token.EQL || n.Op == token.NEQ) && secret(n.Y) && !constant(n.X) {
					what = written(n)
				}
			}
			if what == "" {
				return true
			}
			key := name + ": " + what
			if _, ok := waived[key]; !ok {
				t.Errorf("%s is not compared in constant time", key)
			}
			used[key] = true
			return true
		})
	}
	for key := range waived {
		if !used[key] {
			t.Errorf("%s is waived and not there", key)
		}
	}
}

// secret reports whether an expression is named like a secret.
func secret(e ast.Expr) bool {
	if publicName.MatchString(written(e)) {
		return false
	}
	switch e := e.(type) {
	case *ast.Ident:
		return secretName.MatchString(e.Name)
	case *ast.SelectorExpr:
		return secretName.MatchString(e.Sel.Name)
	case *ast.CallExpr:
		return len(e.Args) == 1 && secret(e.Args[0]) && written(e.Fun) == "string"
	}
	return false
}
