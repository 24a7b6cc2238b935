package auth_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// refusal is one call of problem.New in the code.
type refusal struct {
	status       int
	code, detail string
}

// refusals are all refusals of the library, as its source makes them.
func refusals(t *testing.T) map[string]refusal {
	t.Helper()
	found := map[string]refusal{}
	eachSource(t, func(file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			for call := spec.Values[0]; ; {
				c, ok := call.(*ast.CallExpr)
				if !ok {
					return true
				}
				if r, ok := madeBy(c); ok {
					found[r.code] = r
					return true
				}
				method, ok := c.Fun.(*ast.SelectorExpr) // New(…).WithRetryAfter(…)
				if !ok {
					return true
				}
				call = method.X
			}
		})
	})
	return found
}

// madeBy reads problem.New(status, code, detail), or New inside package problem.
func madeBy(c *ast.CallExpr) (r refusal, ok bool) {
	name := ""
	switch f := c.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		if pkg, ok := f.X.(*ast.Ident); ok && pkg.Name == "problem" {
			name = f.Sel.Name
		}
	}
	if name != "New" || len(c.Args) != 3 {
		return r, false
	}
	var texts [3]string
	for i, arg := range c.Args {
		lit, ok := arg.(*ast.BasicLit)
		if !ok {
			return r, false
		}
		texts[i] = lit.Value
	}
	var errs [3]error
	r.status, errs[0] = strconv.Atoi(texts[0])
	r.code, errs[1] = strconv.Unquote(texts[1])
	r.detail, errs[2] = strconv.Unquote(texts[2])
	return r, errs == [3]error{}
}

// eachSource parses the library's own files, tests, tools, examples and nested modules left out.
func eachSource(t *testing.T, visit func(*ast.File)) {
	t.Helper()
	files := token.NewFileSet()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if _, nested := os.Stat(name + "/go.mod"); name != "." && nested == nil ||
				strings.HasPrefix(name, ".") && name != "." || slices.Contains([]string{"examples", "internal/tools", "internal/testutil", "internal/catalogue"}, name) {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments)
		if err == nil {
			visit(file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// advice says what a client does about a refusal. Each has a line: a code without one does not get into the document.
var advice = map[string]string{
	"ambiguous_credentials":     "Send one token, in one place.",
	"already_enabled":           "Disable the enrolled one first.",
	"already_registered":        "Nothing: the passkey can be used; or name another address.",
	"authentication_required":   "Sign in.",
	"captcha_failed":            "Show the CAPTCHA again.",
	"captcha_required":          "Show the CAPTCHA that the member `captcha` names, and repeat the request with `captcha_token`.",
	"cross_origin":              "Nothing: another site sent this.",
	"disposable_email":          "Ask for another address.",
	"enrolment_required":        "Enrol a second factor first.",
	"insufficient_scope":        "Nothing: the caller may not do this.",
	"internal_error":            "Show the `request_id`; the log has the cause under it.",
	"invalid_api_key":           "Look at code, key, its end and its addresses; the answer does not say which is wrong.",
	"invalid_client":            "As for `invalid_api_key`; `/token` only.",
	"invalid_code":              "Ask for the code again, or for a new one. Wrong, late, used and never issued are one answer.",
	"invalid_credentials":       "Try again, or another way. Which part was wrong is not said.",
	"invalid_request":           "Mend the field that `detail` names.",
	"invalid_scope":             "Ask for fewer scopes; `/token` only.",
	"invalid_state":             "Begin the sign-in at the provider again.",
	"invalid_token":             "Drop the token and sign in. Which part was wrong is not said.",
	"last_factor":               "Add another way to sign in first.",
	"link_required":             "Sign in to the account that has the address, then send `link` to `POST /oauth2/link/confirm`.",
	"method_not_allowed":        "See `Allow`.",
	"not_found":                 "Nothing: what is another's is not found either.",
	"provider_refused":          "Offer to try again, or another way.",
	"rate_limited":              "Wait for `retry_after` seconds.",
	"reauthentication_required": "`POST /reauthenticate/options`, then `POST /reauthenticate`, then repeat the request.",
	"request_too_large":         "Nothing: no body of this service is larger than 64 KiB.",
	"second_factor_required":    "Finish the sign-in: `POST /2fa/verify`.",
	"sign_up_closed":            "Tell the person: the address was proven and has no account.",
	"unavailable":               "Wait for `retry_after` seconds and repeat.",
	"unknown_provider":          "Offer what `GET /oauth2/providers` names.",
	"unsupported_grant_type":    "Ask for `client_credentials`; `/token` only.",
	"unsupported_media_type":    "Send `Content-Type: application/json`.",
	"wrong_token_type":          "Use the other kind of token.",
}

// TestErrorsDocument holds docs/errors.md equal to the refusals that the code makes and the form that openapi.json gives them.
// Run it with -update to write it anew.
func TestErrorsDocument(t *testing.T) {
	found := refusals(t)
	if len(found) < 30 {
		t.Fatalf("only %d refusals are found", len(found))
	}
	var b strings.Builder
	b.WriteString(`# Refusals

Generated from the refusals in the code and from openapi.json; ` + "`go test . -run TestErrorsDocument -update`" + ` writes it anew.

Every refusal is ` + "`application/problem+json`" + ` (RFC 9457) with a stable ` + "`code`" + `: branch on that, never on ` + "`detail`" + `, which is for people and may change. 401 comes
with ` + "`WWW-Authenticate`" + `. In Go a refusal is an ` + "`*auth.Problem`" + `: find it by ` + "`errors.As`" + ` and branch on its ` + "`Code()`" + `. To render refusals in an envelope of your own, set ` + "`Config.ErrorWriter`" + `.
` + "`/token`" + ` answers in the form of RFC 6749 instead: ` + "`error`" + ` and ` + "`error_description`" + `.

## Members

| member | type | |
|---|---|---|
`)
	b.WriteString(problemMembers(t))
	b.WriteString("\n## Codes\n\n| status | code | detail | what a client does |\n|---|---|---|---|\n")
	list := slices.SortedFunc(maps.Values(found), func(x, y refusal) int {
		return cmp.Or(cmp.Compare(x.status, y.status), cmp.Compare(x.code, y.code))
	})
	for _, r := range list {
		if advice[r.code] == "" {
			t.Errorf("%s has no advice for clients", r.code)
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s |\n", r.status, r.code, r.detail, advice[r.code])
	}
	b.WriteString("\nA code's detail may say more in a given case, such as the field that is wrong; it never repeats what the client sent.\n")
	for code := range advice {
		if _, ok := found[code]; !ok {
			t.Errorf("there is advice for %s, which nothing answers", code)
		}
	}
	golden(t, "docs/errors.md", b.String())
}

// problemMembers are the rows of the schema Problem.
func problemMembers(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas struct {
				Problem struct {
					Properties map[string]struct{ Type, Description string } `json:"properties"`
					Required   []string                                      `json:"required"`
				}
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	p := doc.Components.Schemas.Problem
	if len(p.Required) == 0 {
		t.Fatal("openapi.json has no schema Problem")
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		always := "always there"
		if !slices.Contains(p.Required, name) {
			always = "where it applies"
		}
		if d := p.Properties[name].Description; d != "" {
			always += ". " + d
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, p.Properties[name].Type, always)
	}
	return b.String()
}
