package main

import (
	"crypto/rand"
	"encoding/json"
	"log"
	"net/http"
	"sync"

	"github.com/zitadel/oidc/v3/example/server/storage"
)

// registration answers POST /reg (RFC 7591) and POST /rotate, which makes the provider anew with another signing key, and hands
// everything else to next. Clients outlive a rotation.
//
// The example keeps its clients in a map that it reads without a lock of its own, hence the lock around every request.
type registration struct {
	next http.Handler
	anew func() http.Handler
	mu   sync.RWMutex
}

// ServeHTTP implements [http.Handler].
func (g *registration) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/reg" && r.Method == http.MethodPost {
		g.register(w, r)
		return
	}
	if r.URL.Path == "/rotate" && r.Method == http.MethodPost {
		g.mu.Lock()
		g.next = g.anew()
		g.mu.Unlock()
		_, _ = w.Write([]byte("{}"))
		return
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	g.next.ServeHTTP(w, r)
}

// register adds a confidential client that authenticates with client_secret_basic.
func (g *registration) register(w http.ResponseWriter, r *http.Request) {
	var in struct {
		RedirectURIs []string `json:"redirect_uris"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil || len(in.RedirectURIs) == 0 {
		http.Error(w, `{"error":"invalid_redirect_uri"}`, http.StatusBadRequest)
		return
	}
	id, secret := rand.Text(), rand.Text()
	g.mu.Lock()
	storage.RegisterClients(storage.WebClient(id, secret, in.RedirectURIs...))
	g.mu.Unlock()

	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	if err := json.NewEncoder(w).Encode(map[string]string{"client_id": id, "client_secret": secret}); err != nil {
		log.Printf("answer: %v", err)
	}
}
