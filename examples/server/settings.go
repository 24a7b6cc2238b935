package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
)

// environment looks a setting up.
type environment func(name string) (string, bool)

// get answers a setting, or nothing.
func (e environment) get(name string) string {
	v, _ := e(name)
	return v
}

// or answers an environment with defaults of its own.
func (e environment) or(defaults map[string]string) environment {
	return func(name string) (string, bool) {
		if v, ok := e(name); ok {
			return v, true
		}
		v, ok := defaults[name]
		return v, ok
	}
}

// newApp reads the settings. What the library requires and a first look should not ask for is made up, and said.
func newApp(ctx context.Context, addr string, env environment) (*app, error) {
	a := &app{close: func() {}}
	defaults, err := a.defaults(addr, env)
	if err != nil {
		return nil, err
	}
	config, err := auth.ConfigFrom(env.or(defaults))
	if err != nil {
		return nil, err
	}
	a.issuer = config.Issuer
	if config.Disabled && (env.get("REDIS_URL") != "" || env.get("MONGO_URI") != "") {
		return nil, errors.New("setting AUTH_ENABLED must not be false with REDIS_URL or MONGO_URI")
	}
	if err = a.connect(ctx, &config, env); err == nil {
		err = a.senders(&config, env)
	}
	if err == nil {
		err = a.providers(&config)
	}
	if err == nil {
		a.auth, err = auth.New(config)
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// defaults makes up what is not set.
func (a *app) defaults(addr string, env environment) (map[string]string, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("flag -addr: %w", err)
	}
	d := map[string]string{"AUTH_ISSUER": "http://localhost:" + port, "SIGN_UP": "true", "SMS_COUNTRIES": "*"}
	if env.get("AUTH_SECRET") == "" {
		d["AUTH_SECRET"] = encode(auth.NewSecret().Reveal())
		a.made = append(a.made, "AUTH_SECRET is not set: one was made for this run; codes and tokens end with it.")
	}
	if env.get("JWT_PRIVATE_KEY") == "" {
		keys, err := jwt.GenerateKeys()
		if err != nil {
			return nil, err
		}
		pem, err := keys.PrivatePEM()
		if err != nil {
			return nil, err
		}
		d["JWT_PRIVATE_KEY"] = string(pem)
		a.made = append(a.made, "JWT_PRIVATE_KEY is not set: one was made for this run.")
	}
	return d, nil
}

// me is a page that needs a token.
func me(w http.ResponseWriter, r *http.Request) {
	who, _ := auth.FromContext(r.Context())
	answer(w, auth.Describe(who))
}

// page shows more to whom it knows.
func page(w http.ResponseWriter, r *http.Request) {
	who, ok := auth.FromContext(r.Context())
	if !ok {
		answer(w, map[string]any{"user": nil})
		return
	}
	answer(w, map[string]any{"user": auth.Describe(who)})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.MarshalWrite(w, v); err != nil {
		http.Error(w, "the answer could not be written", http.StatusInternalServerError)
	}
}
