package auth_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var fence = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")

// given is what a snippet may speak of without saying where it comes from.
const given = `package snippet

var (
	ctx     context.Context
	err     error
	mux     *http.ServeMux
	w       http.ResponseWriter
	r       *http.Request
	a       *auth.Auth
	config  auth.Config
	keys    *jwt.Keys
	secret  auth.Secret
	mailer  sender.Email
	texts   sender.SMS
	mine    user.Store
	rdb     *redis.Client
	client  *mongo.Client
	userID  string
	token   string
)

func reports(http.ResponseWriter, *http.Request) {}
func me(http.ResponseWriter, *http.Request)      {}
`

// known are the packages that a snippet may use without importing them.
var known = []string{
	"bytes", "context", "crypto/rand", "encoding/json", "errors", "fmt", "io", "log", "log/slog", "net/http", "net/http/httptest", "net/netip",
	"os", "slices", "strings", "testing", "time", "github.com/redis/go-redis/v9", "go.mongodb.org/mongo-driver/v2/mongo",
	"go.mongodb.org/mongo-driver/v2/mongo/options", "golang.org/x/oauth2/clientcredentials", "github.com/crafteasy/auth", "github.com/crafteasy/auth/abuse",
	"github.com/crafteasy/auth/apikey", "github.com/crafteasy/auth/audit", "github.com/crafteasy/auth/authtest", "github.com/crafteasy/auth/jwt",
	"github.com/crafteasy/auth/kv", "github.com/crafteasy/auth/middleware", "github.com/crafteasy/auth/oauth", "github.com/crafteasy/auth/sender",
	"github.com/crafteasy/auth/sender/smtp", "github.com/crafteasy/auth/sender/twilio", "github.com/crafteasy/auth/sender/webhook",
	"github.com/crafteasy/auth/session", "github.com/crafteasy/auth/store", "github.com/crafteasy/auth/store/memstore", "github.com/crafteasy/auth/store/mongostore",
	"github.com/crafteasy/auth/store/redisstore", "github.com/crafteasy/auth/store/storetest", "github.com/crafteasy/auth/user",
	"github.com/crafteasy/auth/user/national",
}

// importLine imports the package if the code uses it.
func importLine(code, path string) string {
	parts := strings.Split(path, "/")
	name := parts[len(parts)-1]
	if strings.HasPrefix(name, "v") && len(name) == 2 {
		name = strings.TrimPrefix(parts[len(parts)-2], "go-")
	}
	if !regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(code) {
		return ""
	}
	return fmt.Sprintf("import %s %q\n", name, path)
}

// program makes a file of a snippet: as it is where it is one, its declarations, or the body of a function.
func program(snippet string) string {
	if strings.HasPrefix(snippet, "package ") {
		return snippet
	}
	body := snippet
	if file, err := parser.ParseFile(token.NewFileSet(), "", "package snippet\n"+snippet, 0); err != nil || len(file.Decls) == 0 {
		body = "func _() {\n" + snippet + "}\n"
	}
	return "package snippet\n" + imports(body) + body
}

func imports(code string) string {
	var b strings.Builder
	for _, path := range known {
		b.WriteString(importLine(code, path))
	}
	return b.String()
}

var declared = regexp.MustCompile(`(?m)^func (\w+)\(`)

// without drops the functions from what is given that the snippet declares itself.
func without(around, snippet string) string {
	for _, m := range declared.FindAllStringSubmatch(snippet, -1) {
		around = regexp.MustCompile(`(?m)^func `+m[1]+`\(.*$`).ReplaceAllString(around, "")
	}
	return around
}

// compiled answers the export data of the packages that snippets use.
func compiled(t *testing.T) func(path string) (io.ReadCloser, error) {
	t.Helper()
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"}, known...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		files[path] = file
	}
	return func(path string) (io.ReadCloser, error) {
		if files[path] == "" {
			return nil, errors.New("a snippet must not import " + path)
		}
		return os.Open(files[path])
	}
}

// TestSnippetsCompile type-checks every Go snippet of the documents. A name that is declared and not used is fine: a snippet
// ends before it would be.
func TestSnippetsCompile(t *testing.T) {
	files := token.NewFileSet()
	packages := importer.ForCompiler(files, "gc", compiled(t))
	check := func(name string, sources ...string) error {
		var parsed []*ast.File
		for i, src := range sources {
			f, err := parser.ParseFile(files, fmt.Sprintf("%s:%d", name, i), src, 0)
			if err != nil {
				return err
			}
			parsed = append(parsed, f)
		}
		var hard error
		conf := types.Config{Importer: packages, Error: func(err error) {
			if e, ok := errors.AsType[types.Error](err); ok && !e.Soft && hard == nil {
				hard = err
			}
		}}
		_, _ = conf.Check("snippet", files, parsed, nil) // hard has what matters
		return hard
	}
	around := strings.Replace(given, "package snippet\n", "package snippet\n"+imports(given), 1)
	if check("wrong", program("auth.Nothing()"), around) == nil || check("right", program("fmt.Println(a)"), around) != nil {
		t.Fatal("the check cannot tell right from wrong")
	}
	n := 0
	for _, p := range pages(t) {
		for _, m := range fence.FindAllStringSubmatch(p.text, -1) {
			n++
			sources := []string{program(m[1])}
			if !strings.HasPrefix(m[1], "package ") {
				sources = append(sources, without(around, m[1]))
			}
			if err := check(p.path, sources...); err != nil {
				t.Errorf("%s: %v in\n%s", p.path, err, m[1])
			}
		}
	}
	if n == 0 {
		t.Error("there are no snippets")
	}
}
