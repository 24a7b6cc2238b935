package jwt

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readObject calls member for every member of a JSON object, with name and value as they are written, quotes and escapes
// included. It refuses whatever RFC 7493 refuses, duplicate names and bad UTF-8 above all, and any data behind the object.
func readObject(text []byte, member func(name, value string) error) error {
	if nested(text) > maxDepth {
		return errors.New("nested too deeply")
	}
	return json.Unmarshal(text, &objectReader{string(text), member})
}

// objectReader lends itself to json.Unmarshal for the sake of its recycled decoders.
type objectReader struct {
	text   string // what member gets are parts of it
	member func(name, value string) error
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (o *objectReader) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return errors.New("not a JSON object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := o.next(dec)
		if err != nil {
			return err
		}
		value, err := o.next(dec)
		if err != nil {
			return err
		}
		if err := o.member(name, value); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func (o *objectReader) next(dec *jsontext.Decoder) (string, error) {
	value, err := dec.ReadValue()
	if err != nil {
		return "", err
	}
	end := int(dec.InputOffset())
	return o.text[end-len(value) : end], nil
}

// maxDepth bounds how deeply objects and arrays are nested, for the sake of everybody who handles the payload later.
const maxDepth = 16

// nested is the depth of a JSON text; for anything else it is at least the depth that a parser could reach.
func nested(text []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// unquote answers what a JSON string says.
func unquote(value string) (string, error) {
	if value[0] != '"' {
		return "", errors.New("not a string")
	}
	if strings.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1], nil
	}
	b, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return "", fmt.Errorf("not a string: %w", err)
	}
	return string(b), nil
}

// readText reads a JSON string of 1 to limit bytes without control characters.
func readText(value string, into *string, limit int) error {
	s, err := unquote(value)
	if err != nil {
		return err
	}
	if !validText(s, limit) {
		return errors.New("a string that is empty, too long, or holds control characters")
	}
	*into = s
	return nil
}

func validText(s string, limit int) bool {
	return s != "" && len(s) <= limit && !strings.ContainsFunc(s, unicode.IsControl)
}
