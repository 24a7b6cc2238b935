package auth_test

import (
	"context"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
)

// page is a document with its path.
type page struct{ path, text string }

// pages are all documents.
func pages(t *testing.T) []page {
	t.Helper()
	var list []page
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, page{name, string(b)})
		}
	}
	if len(list) < 5 {
		t.Fatalf("only %d documents", len(list))
	}
	return list
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	marks   = regexp.MustCompile("[^\\p{L}\\p{N}\\- _]")
)

// anchors are the names of a document's headings, as links spell them.
func anchors(text string) []string {
	var list []string
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		list = append(list, strings.ReplaceAll(marks.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return list
}

// TestLinksResolve follows every relative link of the documents, to the heading where it names one.
func TestLinksResolve(t *testing.T) {
	for _, p := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(p.text, -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			file, fragment, _ := strings.Cut(m[1], "#")
			target := p.path
			if file != "" {
				target = filepath.Join(filepath.Dir(p.path), file)
			}
			b, err := os.ReadFile(target)
			if info, e := os.Stat(target); e == nil && info.IsDir() {
				err = nil
			}
			switch {
			case err != nil:
				t.Errorf("%s links to %s, which is not there", p.path, m[1])
			case fragment != "" && !slices.Contains(anchors(string(b)), fragment):
				t.Errorf("%s links to %s, which has no such heading", p.path, m[1])
			}
		}
	}
}

var (
	quoted   = regexp.MustCompile("`([^`\n]+)`")
	setting  = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	field    = regexp.MustCompile(`^(?:auth\.)?Config((?:\.[A-Z]\w*)+)$`)
	endpoint = regexp.MustCompile(`^(GET|POST|PATCH|DELETE) (/[^\s?]*)`)
	event    = regexp.MustCompile(`^(session|otp|oauth|webauthn|totp|apikey|user|limit|captcha|token|message|sms|request)\.[a-z_]+$`)
	status   = regexp.MustCompile("\\b[1-5]\\d\\d `([a-z_]+)`")
	exported = regexp.MustCompile(`^(auth|abuse|apikey|audit|authtest|jwt|kv|memstore|middleware|mongostore|oauth|otp|redisstore|sender|session|smtp|store|storetest|totp|twilio|user|webauthn|webhook)\.([A-Z]\w*)`)
)

// beside are names that the documents speak of and the table of settings does not hold: those of the example programs, of the
// tests, and of others.
var beside = []string{
	"REDIS_URL", "MONGO_URI", "MONGO_DATABASE", "MONGO_NO_TTL", "SMTP_URL", "SMTP_CA_FILE", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM",
	"TWILIO_MESSAGING_SERVICE_SID", "AUTH_TEST_REQUIRE", "AUTH_TEST_BIN", "MONGODB_URI", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY", "JWT_PREVIOUS_PUBLIC_KEYS",
}

// hosts are routes of programs that use the library.
var hosts = []string{"GET /me", "GET /page", "GET /healthz", "GET /me/sessions", "GET /dev/inbox.json", "GET /reports", "GET /metrics", "GET /livez", "GET /readyz"}

// TestNamesExist looks up what the documents name: fields of Config, settings, endpoints, codes, events, and exported names.
func TestNamesExist(t *testing.T) {
	routes := map[string]bool{}
	a, err := auth.New(everything(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(context.WithoutCancel(t.Context())) })
	for _, rt := range a.Routes() {
		routes[rt.Method+" "+rt.Path] = true
		routes[rt.Method+" "+strings.TrimPrefix(rt.Path, "/auth")] = true
	}
	settings := slices.Clone(beside)
	for _, s := range auth.Settings() {
		settings = append(settings, s.Name)
	}
	codes, literals, names := refusals(t), literals(t), exports(t)
	for _, p := range pages(t) {
		for _, m := range quoted.FindAllStringSubmatch(p.text, -1) {
			name := m[1]
			switch {
			case setting.MatchString(name):
				if !slices.Contains(settings, name) {
					t.Errorf("%s: there is no setting %s", p.path, name)
				}
			case field.MatchString(name):
				if !hasField(reflect.TypeFor[auth.Config](), strings.Split(field.FindStringSubmatch(name)[1][1:], ".")) {
					t.Errorf("%s: there is no %s", p.path, name)
				}
			case endpoint.MatchString(name):
				e := endpoint.FindStringSubmatch(name)
				if at := e[1] + " " + e[2]; !routes[at] && !slices.Contains(hosts, at) {
					t.Errorf("%s: there is no route %s", p.path, at)
				}
			case event.MatchString(name):
				if !literals[name] && !names[name] {
					t.Errorf("%s: there is no event %s", p.path, name)
				}
			case exported.MatchString(name):
				if e := exported.FindString(name); !names[e] {
					t.Errorf("%s: there is no %s", p.path, e)
				}
			}
		}
		for _, m := range status.FindAllStringSubmatch(p.text, -1) {
			if _, ok := codes[m[1]]; !ok {
				t.Errorf("%s: nothing answers the code %s", p.path, m[1])
			}
		}
	}
}

// hasField walks a path of fields.
func hasField(at reflect.Type, path []string) bool {
	for _, name := range path {
		for at.Kind() == reflect.Pointer || at.Kind() == reflect.Map || at.Kind() == reflect.Slice {
			at = at.Elem()
		}
		if at.Kind() != reflect.Struct {
			return false
		}
		f, ok := at.FieldByName(name)
		if !ok {
			return false
		}
		at = f.Type
	}
	return true
}

// literals are the string literals of the library's source.
func literals(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	eachSource(t, func(file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					found[text] = true
				}
			}
			return true
		})
	})
	return found
}

// exports are the exported names of the library's packages, as "jwt.Keys".
func exports(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	eachSource(t, func(file *ast.File) {
		pkg := file.Name.Name
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				found[pkg+"."+d.Name.Name] = true // methods too: "totp.Enable" is how people speak
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						found[pkg+"."+s.Name.Name] = true
					case *ast.ValueSpec:
						for _, name := range s.Names {
							found[pkg+"."+name.Name] = true
						}
					}
				}
			}
		}
	})
	return found
}
