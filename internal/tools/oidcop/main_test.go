package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDiscovery(t *testing.T) {
	srv := httptest.NewServer(provider("http://localhost:1/"))
	defer srv.Close()
	res, err := http.Get(srv.URL + "/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var doc struct {
		Issuer  string   `json:"issuer"`
		Methods []string `json:"code_challenge_methods_supported"`
	}
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Issuer != "http://localhost:1/" || len(doc.Methods) != 1 || doc.Methods[0] != "S256" {
		t.Errorf("discovery says %+v, want the issuer and S256 alone", doc)
	}
}

func TestRegistration(t *testing.T) {
	h := provider("http://localhost:1/")
	tests := []struct {
		name, body string
		status     int
	}{
		{"a redirect URI makes a client", `{"redirect_uris":["http://127.0.0.1:9/cb"]}`, http.StatusCreated},
		{"no redirect URI is refused", `{}`, http.StatusBadRequest},
		{"no JSON is refused", `redirect_uris=x`, http.StatusBadRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/reg", strings.NewReader(tt.body)))
			if w.Code != tt.status {
				t.Fatalf("status %d, want %d", w.Code, tt.status)
			}
			if w.Code == http.StatusCreated && !strings.Contains(w.Body.String(), `"client_secret":"`) {
				t.Errorf("answer %s, want a secret", w.Body)
			}
		})
	}
}

func TestUsers(t *testing.T) {
	tests := []struct {
		name, email string
		verified    bool
	}{
		{"alice", "alice@example.test", true},
		{"bob@other.test", "bob@other.test", true},
		{"unverified-eve", "unverified-eve@example.test", false},
	}
	for _, tt := range tests {
		u := users{}.GetUserByUsername(tt.name)
		if u.ID != tt.name || u.Email != tt.email || u.EmailVerified != tt.verified {
			t.Errorf("%s: got %s, %s, %t", tt.name, u.ID, u.Email, u.EmailVerified)
		}
	}
	if (users{}).GetUserByUsername("") != nil {
		t.Error("the empty name must be unknown")
	}
}

func TestRotation(t *testing.T) {
	h := provider("http://localhost:1/")
	keys := func() string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:1/keys", nil))
		return w.Body.String()
	}
	before := keys()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/rotate", nil))
	if after := keys(); w.Code != http.StatusOK || !strings.Contains(before, `"kid"`) || after == before {
		t.Errorf("status %d; the keys are %s, and were %s", w.Code, after, before)
	}
}
