package web

import (
	"errors"
	"net/http"
	"testing"

	"github.com/crafteasy/auth/internal/problem"
)

func TestCredential(t *testing.T) {
	for name, tt := range map[string]struct {
		keys, auths []string
		token       string
		err         error
	}{
		"nothing":                     {nil, nil, "", problem.ErrAuthenticationRequired},
		"a key":                       {[]string{"t"}, nil, "t", nil},
		"a bearer":                    {nil, []string{"Bearer t"}, "t", nil},
		"the scheme in another case":  {nil, []string{"bEARER t"}, "t", nil},
		"two blanks":                  {nil, []string{"Bearer  t"}, "t", nil},
		"both, the same":              {[]string{"t"}, []string{"Bearer t"}, "t", nil},
		"both, different":             {[]string{"t"}, []string{"Bearer u"}, "", problem.ErrAmbiguousCredentials},
		"a key and another scheme":    {[]string{"t"}, []string{"Basic t"}, "", problem.ErrAmbiguousCredentials},
		"a key and an empty line":     {[]string{"t"}, []string{""}, "", problem.ErrAmbiguousCredentials},
		"two keys":                    {[]string{"t", "t"}, nil, "", problem.ErrAmbiguousCredentials},
		"two lines of authorization":  {nil, []string{"Bearer t", "Bearer t"}, "", problem.ErrAmbiguousCredentials},
		"an empty key":                {[]string{""}, nil, "", problem.ErrInvalidToken},
		"an empty bearer":             {nil, []string{"Bearer "}, "", problem.ErrInvalidToken},
		"no scheme":                   {nil, []string{"t"}, "", problem.ErrInvalidToken},
		"another scheme":              {nil, []string{"Basic t"}, "", problem.ErrInvalidToken},
		"a tab in place of the blank": {nil, []string{"Bearer\tt"}, "", problem.ErrInvalidToken},
	} {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{Header: http.Header{}}
			if tt.keys != nil {
				r.Header["X-Api-Key"] = tt.keys
			}
			if tt.auths != nil {
				r.Header["Authorization"] = tt.auths
			}
			token, err := (&Host{}).Credential(r)
			if token != tt.token || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v; want %q, %v", token, err, tt.token, tt.err)
			}
		})
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"email":"a","x":[{}]}`))
	f.Add([]byte(`{"Email":"a"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var in struct {
			Email string `json:"email"`
		}
		if err := Unmarshal(b, &in); err != nil {
			if p, ok := problem.As(err); !ok || p.Status() != http.StatusBadRequest {
				t.Errorf("refused with %v", err)
			}
		}
	})
}
