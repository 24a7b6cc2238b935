package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/crafteasy/auth"
)

// contract holds every answer of every test against openapi.json: its route, status, media type, code, fields and their types. What it
// finds is told at the end of the run, when it also tells what the document describes and no test has seen.
type contract struct {
	mu       sync.Mutex
	doc      map[string]any
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
	routes   *http.ServeMux
	faults   map[string]bool
	seen     map[string]bool            // routes with a status, and fields of schemas
	codes    map[string]map[string]bool // by route
	// undescribed are the routes with a code that x-codes does not list.
	undescribed map[string]bool
}

var wire = &contract{
	schemas: map[string]*jsonschema.Schema{}, faults: map[string]bool{}, seen: map[string]bool{},
	codes: map[string]map[string]bool{}, undescribed: map[string]bool{},
}

// watch holds the answers of a service against the document.
func (c *contract) watch(a *auth.Auth) http.Handler {
	h := a.Handler()
	c.read(a)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &recorded{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(t, r)
		c.judge(r, t)
	})
}

// recorded keeps what is written.
type recorded struct {
	http.ResponseWriter

	status int
	body   bytes.Buffer
}

func (t *recorded) WriteHeader(status int) {
	t.status = status
	t.ResponseWriter.WriteHeader(status)
}

func (t *recorded) Write(b []byte) (int, error) {
	t.body.Write(b)
	return t.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] through.
func (t *recorded) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// read takes the document, once.
func (c *contract) read(a *auth.Auth) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.doc != nil {
		return
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/auth/openapi.json", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &c.doc); err != nil {
		panic(err)
	}
	closed(c.doc)
	c.compiler = jsonschema.NewCompiler()
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource("openapi.json", c.doc); err != nil {
		panic(err)
	}
	c.routes = http.NewServeMux()
	for path, methods := range object(c.doc["paths"]) {
		for method := range object(methods) {
			c.routes.Handle(strings.ToUpper(method)+" /auth"+path, http.NotFoundHandler())
		}
	}
}

// closed makes every object of the document refuse the fields that it does not name.
func closed(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, open := n["additionalProperties"]; n["type"] == "object" && n["properties"] != nil && !open {
			n["additionalProperties"] = false
		}
		for _, child := range n {
			closed(child)
		}
	case []any:
		for _, child := range n {
			closed(child)
		}
	}
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// judge notes what an answer has that the document does not.
func (c *contract) judge(r *http.Request, t *recorded) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, pattern := c.routes.Handler(r)
	method, path, ok := strings.Cut(pattern, " /auth")
	if !ok || method != r.Method && r.Method != http.MethodHead {
		return // no route: a plain refusal, which the areas themselves look at
	}
	method = strings.ToLower(method)
	op := object(object(object(c.doc["paths"])[path])[method])
	responses, status := object(op["responses"]), fmt.Sprint(t.status)
	response, described := responses[status]
	if !described {
		status, response = "default", responses["default"]
		if t.status < http.StatusBadRequest {
			c.faultf("%s answers %d, which is not described", pattern, t.status)
			return
		}
	}
	var v any
	media, _, _ := strings.Cut(t.Header().Get("Content-Type"), ";")
	if t.body.Len() == 0 || r.Method == http.MethodHead {
		c.seen[pattern+" "+status] = true
		return
	}
	content := object(object(response)["content"])
	if content[media] == nil {
		c.faultf("%s answers %d with %s, which is not described", pattern, t.status, media)
		return
	}
	c.seen[pattern+" "+status] = true
	if !strings.Contains(media, "json") || object(content[media])["schema"] == nil {
		return
	}
	if err := json.Unmarshal(t.body.Bytes(), &v); err != nil {
		c.faultf("%s answers %d without JSON: %v", pattern, t.status, err)
		return
	}
	at := schemaAt(path, method, status, media)
	if err := c.schema(at).Validate(v); err != nil {
		c.faultf("%s answers %d otherwise than described: %v", pattern, t.status, err)
	}
	if code, ok := object(v)["code"].(string); ok && media == "application/problem+json" {
		c.answered(pattern, code)
		if !slices.Contains(c.listed(op), code) {
			c.undescribed[pattern] = true
		}
	}
	c.mark(object(object(content[media])["schema"]), at, v)
}

// listed are the codes that a route may answer: its own, and those of every route.
func (c *contract) listed(op map[string]any) []string {
	var list []string
	for _, codes := range []any{op["x-codes"], c.doc["x-common-codes"]} {
		codes, _ := codes.([]any)
		for _, code := range codes {
			list = append(list, fmt.Sprint(code))
		}
	}
	return list
}

// schemaAt is the JSON pointer (RFC 6901) of an answer's schema.
func schemaAt(path, method, status, media string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1").Replace
	return "/paths/" + escape(path) + "/" + method + "/responses/" + status + "/content/" + escape(media) + "/schema"
}

func (c *contract) schema(at string) *jsonschema.Schema {
	if c.schemas[at] == nil {
		c.schemas[at] = c.compiler.MustCompile("openapi.json#" + at)
	}
	return c.schemas[at]
}

// mark notes the fields that a value has.
func (c *contract) mark(schema map[string]any, at string, v any) {
	if ref, ok := schema["$ref"].(string); ok {
		at = strings.TrimPrefix(ref, "#")
		schema = c.doc
		for step := range strings.SplitSeq(at[1:], "/") {
			schema = object(schema[step])
		}
	}
	choices, _ := schema["anyOf"].([]any)
	for i, choice := range choices {
		c.mark(object(choice), fmt.Sprint(at, "/anyOf/", i), v)
	}
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			if known, ok := object(schema["properties"])[name]; ok {
				c.seen[at+" "+name] = true
				c.mark(object(known), at+"/properties/"+name, field)
			}
		}
	case []any:
		for _, item := range v {
			c.mark(object(schema["items"]), at+"/items", item)
		}
	}
}

func (c *contract) answered(route, code string) {
	if c.codes[route] == nil {
		c.codes[route] = map[string]bool{}
	}
	c.codes[route][code] = true
}

// wrong are the answers that were otherwise than described. Where codes are missing it gives the list that was seen.
func (c *contract) wrong() []string {
	list := slices.Collect(maps.Keys(c.faults))
	for route := range c.undescribed {
		codes := slices.Sorted(maps.Keys(c.codes[route]))
		list = append(list, fmt.Sprintf(`%s answers more codes than are described: "x-codes": ["%s"]`, route, strings.Join(codes, `", "`)))
	}
	slices.Sort(list)
	return list
}

func (c *contract) faultf(format string, args ...any) { c.faults[fmt.Sprintf(format, args...)] = true }

// unseen are what the document describes and no answer has shown.
func (c *contract) unseen() []string {
	var list []string
	for path, methods := range object(c.doc["paths"]) {
		for method, op := range object(methods) {
			route := strings.ToUpper(method) + " /auth" + path
			codes, _ := object(op)["x-codes"].([]any)
			for _, code := range codes {
				if !c.codes[route][fmt.Sprint(code)] {
					list = append(list, fmt.Sprintf("%s never answers %s", route, code))
				}
			}
			for status, response := range object(object(op)["responses"]) {
				// A public route without codes of its own is refused by what stands before it alone.
				plain := status == "default" && codes == nil && object(op)["x-demand"] == "Public"
				if !c.seen[route+" "+status] && !plain {
					list = append(list, fmt.Sprintf("%s never answers %s", route, status))
				}
				for media, content := range object(object(response)["content"]) {
					list = append(list, c.missing(object(object(content)["schema"]), schemaAt(path, method, status, media), route)...)
				}
			}
		}
	}
	for name, schema := range object(object(c.doc["components"])["schemas"]) {
		list = append(list, c.missing(object(schema), "/components/schemas/"+name, name)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// missing are the fields of a schema that no answer had.
func (c *contract) missing(schema map[string]any, at, what string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(object(schema["properties"]))) {
		if !c.seen[at+" "+name] {
			list = append(list, fmt.Sprintf("%s never has the field %s", what, name))
			continue
		}
		list = append(list, c.missing(object(object(schema["properties"])[name]), at+"/properties/"+name, what+"."+name)...)
	}
	if items := object(schema["items"]); items != nil {
		list = append(list, c.missing(items, at+"/items", what)...)
	}
	return list
}
