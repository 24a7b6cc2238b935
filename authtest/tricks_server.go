package authtest

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// at answers every request to one endpoint in one way.
func at(endpoint, name string, h http.HandlerFunc) Trick {
	t := Trick{Name: endpoint + ": " + name, Serve: func(e string, w http.ResponseWriter, r *http.Request) bool {
		if e == endpoint {
			h(w, r)
		}
		return e == endpoint
	}}
	if endpoint == "userinfo" { // it is asked for what the ID token leaves out
		t.Claims = func(c map[string]any) { delete(c, "email") }
	}
	return t
}

// serverTricks are answers that are not what the endpoint is for, are too much, or do not come.
func serverTricks() []Trick {
	var all []Trick
	for _, endpoint := range []string{"metadata", "token", "keys", "userinfo"} {
		// Without metadata and keys nothing is known about a token.
		nothing := endpoint == "metadata" || endpoint == "keys"
		for _, way := range []struct {
			name         string
			serve        http.HandlerFunc
			outage, slow bool
		}{
			{"HTML", serveHTML, nothing, false},
			{"huge", serveHuge, nothing, false},
			{"redirects", serveRedirect, nothing, false},
			{"broken", serveBroken, true, false},
			{"slow", serveNothing, true, true},
			{"trickles", serveTrickle, true, true},
		} {
			t := at(endpoint, way.name, way.serve)
			t.Outage, t.Slow, t.Early = way.outage, way.slow, endpoint == "metadata"
			all = append(all, t)
		}
	}
	many := at("keys", "many keys", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"keys": make([]struct{}, 10_000)})
	})
	many.Outage = true
	return append(all, many)
}

func serveHTML(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<html><script>alert(1)</script></html>")
}

func serveHuge(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"keys":["`+strings.Repeat("x", 5<<20)+`"]}`)
}

func serveRedirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "https://another.example/", http.StatusTemporaryRedirect)
}

func serveBroken(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "broken", http.StatusInternalServerError)
}

// serveNothing answers nothing until the client has given up.
func serveNothing(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a server that has not read the request does not see the client go
	<-r.Context().Done()
}

// serveTrickle begins an answer and never ends it, a blank at a time.
func serveTrickle(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
		}
	}
}
