package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/crafteasy/auth/internal/problem"
)

// MaxBody is the most bytes that are read of a request's body.
const MaxBody = 64 << 10

const (
	mediaJSON = "application/json"
	mediaForm = "application/x-www-form-urlencoded"
)

// Decode reads the body of r, one JSON object of media type application/json and at most [MaxBody] bytes, into the struct that
// out points to. Duplicate names, names that differ from a known one only in case, wrong types, bad UTF-8 and trailing
// data are refused, and so is a known name in the query; names that could bind to nothing are ignored.
func Decode(r *http.Request, out any) error {
	if err := requireMedia(r, mediaJSON); err != nil {
		return err
	}
	b, err := readBody(r)
	if err != nil {
		return err
	}
	if err := Unmarshal(b, out); err != nil {
		return err
	}
	return refuseQuery(r, out)
}

// refuseQuery stops a field of the body that is in the query as well: whoever looks at a request on its way might take that one.
func refuseQuery(r *http.Request, out any) error {
	t := reflect.TypeOf(out).Elem()
	if r.URL.RawQuery == "" || t.Kind() != reflect.Struct {
		return nil
	}
	known := namesOf(t)
	for name := range r.URL.Query() {
		name, _, _ = strings.Cut(name, "[")
		if exact, ok := known[strings.ToLower(name)]; ok {
			return problem.ErrInvalidRequest.WithDetail("The field " + exact + " belongs into the body alone.")
		}
	}
	return nil
}

// Unmarshal is [Decode] for bytes.
func Unmarshal(b []byte, out any) error {
	if jsontext.Value(b).Kind() != '{' {
		return problem.ErrInvalidRequest.WithDetail("The body must be a JSON object.")
	}
	if err := json.Unmarshal(b, out); err != nil {
		if se, ok := errors.AsType[*json.SemanticError](err); ok && se.JSONPointer != "" {
			if name := fieldName(se.JSONPointer); name != "" {
				return problem.ErrInvalidRequest.WithDetail("The field " + name + " has the wrong type.").Wrap(err)
			}
		}
		return problem.ErrInvalidRequest.WithDetail("The body is not valid JSON.").Wrap(err)
	}
	return refuseCaseVariants(b, out)
}

// fieldName answers the first token of the pointer when it looks like a name of ours, so that a client's own text is
// never reflected.
func fieldName(p jsontext.Pointer) string {
	for tok := range p.Tokens() {
		for _, c := range []byte(tok) {
			if (c < 'a' || c > 'z') && c != '_' {
				return ""
			}
		}
		if len(tok) > 32 {
			return ""
		}
		return tok
	}
	return ""
}

func requireMedia(r *http.Request, want string) error {
	ct := r.Header.Values("Content-Type")
	if len(ct) != 1 || len(r.Header.Values("Content-Encoding")) != 0 {
		return problem.ErrUnsupportedMediaType.WithDetail("The body must be " + want + ".")
	}
	media, params, err := mime.ParseMediaType(ct[0])
	charset, has := params["charset"]
	if err != nil || media != want || (has && !strings.EqualFold(charset, "utf-8")) {
		return problem.ErrUnsupportedMediaType.WithDetail("The body must be " + want + ".")
	}
	return nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > MaxBody {
		return nil, problem.ErrRequestTooLarge
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		return nil, problem.ErrInvalidRequest.WithDetail("The body could not be read.").Wrap(err)
	}
	if len(b) > MaxBody {
		return nil, problem.ErrRequestTooLarge
	}
	return b, nil
}

// isEmpty peeks one byte of the body.
func isEmpty(r *http.Request) (bool, error) {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return true, nil
	}
	var first [1]byte
	n, err := io.ReadFull(r.Body, first[:])
	if n == 0 {
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		return false, problem.ErrInvalidRequest.WithDetail("The body could not be read.").Wrap(err)
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(first[:]), r.Body), r.Body}
	return false, nil
}

func decodeForm(r *http.Request) (url.Values, error) {
	if err := requireMedia(r, mediaForm); err != nil {
		return nil, err
	}
	b, err := readBody(r)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(b))
	if err != nil {
		return nil, problem.ErrInvalidRequest.WithDetail("The form is not valid.").Wrap(err)
	}
	for name, values := range form {
		if len(values) != 1 {
			return nil, problem.ErrInvalidRequest.WithDetail("A parameter is given twice.").Wrap(errors.New("duplicate " + name))
		}
	}
	return form, nil
}

// names caches the JSON names of each request type.
var names sync.Map // reflect.Type → map[string]string, lower case → exact

func namesOf(t reflect.Type) map[string]string {
	if m, ok := names.Load(t); ok {
		return m.(map[string]string) //nolint:forcetypeassert // only this function stores
	}
	m := map[string]string{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			m[strings.ToLower(name)] = name
		}
	}
	names.Store(t, m)
	return m
}

// refuseCaseVariants stops "Email" beside "email": another decoder on the way might take the one that this one ignores.
func refuseCaseVariants(b []byte, out any) error {
	t := reflect.TypeOf(out).Elem()
	if t.Kind() != reflect.Struct {
		return nil
	}
	known := namesOf(t)
	d := jsontext.NewDecoder(bytes.NewReader(b))
	if _, err := d.ReadToken(); err != nil {
		return problem.ErrInvalidRequest.Wrap(err)
	}
	for d.PeekKind() == '"' {
		tok, err := d.ReadToken()
		if err != nil {
			return problem.ErrInvalidRequest.Wrap(err)
		}
		name := tok.String()
		if exact, ok := known[strings.ToLower(name)]; ok && name != exact {
			return problem.ErrInvalidRequest.WithDetail("The field " + exact + " is spelled in another case.")
		}
		if err := d.SkipValue(); err != nil {
			return problem.ErrInvalidRequest.Wrap(err)
		}
	}
	return nil
}
