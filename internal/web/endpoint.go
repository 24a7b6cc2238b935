package web

import (
	"context"
	"net/http"
	"net/url"
)

// Endpoint reads a request's body and answers it. Make one with [JSON], [Checked], [Looking], [Empty], [NoBody] or [Form].
type Endpoint struct {
	decode func(r *http.Request) (any, error)
	look   func(ctx context.Context, body any) error // nil where there is nothing to look at
	serve  func(w http.ResponseWriter, r *http.Request, body any) error
}

// JSON makes an endpoint whose body is a JSON object that fills a T, read by [Decode].
func JSON[T any](serve func(w http.ResponseWriter, r *http.Request, in *T) error) Endpoint {
	return Endpoint{
		decode: func(r *http.Request) (any, error) {
			in := new(T)
			return in, Decode(r, in)
		},
		serve: func(w http.ResponseWriter, r *http.Request, body any) error { return serve(w, r, body.(*T)) }, //nolint:forcetypeassert // decode above made it
	}
}

// Checked is [JSON] for a T whose fields have rules of their own. check enforces them and may fill unexported fields; what it refuses
// is refused before anything is counted or looked up, like a body that does not parse.
func Checked[T any](check func(in *T) error, serve func(w http.ResponseWriter, r *http.Request, in *T) error) Endpoint {
	e := JSON(serve)
	e.decode = func(r *http.Request) (any, error) {
		in := new(T)
		if err := Decode(r, in); err != nil {
			return nil, err
		}
		return in, check(in)
	}
	return e
}

// Looking is [Checked] with something to look at while the request is counted against its address. look reads what serve will ask for
// first and keeps it in unexported fields of in. It changes nothing, since the request may be refused yet, and serve must do without it:
// where nothing is counted, nothing is looked at.
func Looking[T any](
	check func(in *T) error, look func(ctx context.Context, in *T) error, serve func(w http.ResponseWriter, r *http.Request, in *T) error,
) Endpoint {
	e := Checked(check, serve)
	e.look = func(ctx context.Context, body any) error { return look(ctx, body.(*T)) } //nolint:forcetypeassert // decode above made it
	return e
}

// Optional is [JSON] where an empty body stands for {}.
func Optional[T any](serve func(w http.ResponseWriter, r *http.Request, in *T) error) Endpoint {
	e := JSON(serve)
	full := e.decode
	e.decode = func(r *http.Request) (any, error) {
		empty, err := isEmpty(r)
		if err != nil {
			return nil, err
		}
		if empty {
			return new(T), nil
		}
		return full(r)
	}
	return e
}

// Empty makes an endpoint whose body is empty or {}.
func Empty(serve func(w http.ResponseWriter, r *http.Request) error) Endpoint {
	return Optional(func(w http.ResponseWriter, r *http.Request, _ *struct{}) error { return serve(w, r) })
}

// NoBody makes an endpoint that never looks at a body, for GET and DELETE.
func NoBody(serve func(w http.ResponseWriter, r *http.Request) error) Endpoint {
	return Endpoint{
		decode: func(*http.Request) (any, error) { return nil, nil },
		serve:  func(w http.ResponseWriter, r *http.Request, _ any) error { return serve(w, r) },
	}
}

// Form makes an endpoint whose body is application/x-www-form-urlencoded, with no parameter given twice (RFC 6749 section 3.2).
func Form(serve func(w http.ResponseWriter, r *http.Request, form url.Values) error) Endpoint {
	return Endpoint{
		decode: func(r *http.Request) (any, error) { return decodeForm(r) },
		serve: func(w http.ResponseWriter, r *http.Request, body any) error {
			return serve(w, r, body.(url.Values)) //nolint:forcetypeassert // decode above made it
		},
	}
}
