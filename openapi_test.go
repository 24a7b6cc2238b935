package auth_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/sender"
)

// everything is a configuration with every method on.
func everything(t *testing.T) auth.Config {
	t.Helper()
	conf := config(t)
	conf.SMS, conf.SMSCountries = sender.SMSFunc(discard), []string{"*"}
	conf.M2M = true
	conf.OAuth.Providers = map[string]oauth.ProviderConfig{"google": {ClientID: "id", ClientSecret: "secret"}}
	return conf
}

// TestOpenAPIDescribesEveryRoute holds openapi.json against the table of routes: each route, what it demands, and nothing else.
func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	a, err := auth.New(everything(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(context.WithoutCancel(t.Context())) })
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/auth/openapi.json", nil))
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Demand    string         `json:"x-demand"`
			Responses map[string]any `json:"responses"`
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	described := map[string]string{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			described[strings.ToUpper(method)+" /auth"+path] = op.Demand
			if _, ok := op.Responses["default"]; !ok {
				t.Errorf("%s %s: the refusal is not described", method, path)
			}
		}
	}
	served := map[string]string{}
	for _, rt := range a.Routes() {
		served[rt.Method+" "+rt.Path] = rt.Demand
	}
	for _, name := range slices.Sorted(maps.Keys(served)) {
		if described[name] != served[name] {
			t.Errorf("%s demands %s and is described with %q", name, served[name], described[name])
		}
	}
	for name := range described {
		if _, ok := served[name]; !ok {
			t.Errorf("%s is described and not served", name)
		}
	}
}
