package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// person lives one sign-in from its first message to its last refusal.
type person struct {
	client     *http.Client
	base       string
	mail       *mailbox
	name, ip   string
	steps      map[string]time.Duration
	wrong      []string
	unanswered int // 503 with Retry-After, tried again
	anew       int // codes that were spent by a sign-in that got a 503
}

func newClient(connections int) *http.Client {
	return &http.Client{
		Timeout: 5 * time.Minute,
		Transport: &http.Transport{
			MaxIdleConns: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: time.Minute,
		},
	}
}

type answer struct {
	Token     string `json:"token"`
	Challenge string `json:"challenge"`
	UserID    string `json:"user_id"`
	Code      string `json:"code"`
}

func (p *person) live(ctx context.Context) {
	p.steps = map[string]time.Duration{}
	first, ok := p.signIn(ctx)
	if !ok {
		return
	}
	var who string
	for range 3 {
		me, _ := p.step(ctx, "call", http.MethodGet, "/me", first.Token, nil, http.StatusOK)
		if who != "" && me.UserID != who {
			p.wrong = append(p.wrong, "somebody else's answer")
		}
		who = me.UserID
	}
	second, ok := p.step(ctx, "refresh", http.MethodPost, "/auth/refresh", first.Token, nil, http.StatusOK)
	if !ok {
		return
	}
	if me, _ := p.step(ctx, "call", http.MethodGet, "/me", second.Token, nil, http.StatusOK); me.UserID != who {
		p.wrong = append(p.wrong, "the refreshed token is somebody else's")
	}
	p.step(ctx, "logout", http.MethodPost, "/auth/logout", second.Token, nil, http.StatusNoContent)
	for _, token := range []string{first.Token, second.Token} {
		p.step(ctx, "refused", http.MethodGet, "/me", token, nil, http.StatusUnauthorized)
	}
}

// tries is how many codes a person asks for. A code that was taken before a store did not answer stays spent: who is told to come again then
// asks for another.
const tries = 5

func (p *person) signIn(ctx context.Context) (answer, bool) {
	for try := 1; ; try++ {
		asked, ok := p.step(ctx, "code", http.MethodPost, "/auth/login/email", "", map[string]string{"email": p.name}, http.StatusOK)
		if !ok {
			return answer{}, false
		}
		code, err := p.mail.code(ctx, p.name)
		if err != nil {
			p.wrong = append(p.wrong, "no message: "+err.Error())
			return answer{}, false
		}
		before := p.unanswered
		first, ok := p.step(ctx, "verify", http.MethodPost, "/auth/login/verify", "",
			map[string]string{"target": p.name, "code": code, "challenge": asked.Challenge}, http.StatusOK)
		if ok || try == tries || first.Code != "invalid_code" || p.unanswered == before {
			return first, ok
		}
		p.wrong = p.wrong[:len(p.wrong)-1]
		p.anew++
	}
}

// step makes one request, again where the server asks for it, and notes how long it took and whether the answer was right.
func (p *person) step(ctx context.Context, name, method, path, token string, body any, want int) (answer, bool) {
	begin := time.Now()
	status, a, err := p.request(ctx, method, path, token, body)
	p.steps[name] = max(p.steps[name], time.Since(begin))
	if err != nil || status != want {
		p.wrong = append(p.wrong, fmt.Sprintf("%s: %d %s %v, want %d", name, status, a.Code, err, want))
		return a, false
	}
	return a, true
}

func (p *person) request(ctx context.Context, method, path, token string, body any) (int, answer, error) {
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body) //nolint:errchkjson // a map of strings
	}
	for {
		r, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(text))
		if err != nil {
			return 0, answer{}, err
		}
		r.Header.Set("X-Forwarded-For", p.ip)
		if body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		if token != "" {
			r.Header.Set("X-Api-Key", token)
		}
		w, err := p.client.Do(r)
		if err != nil {
			return 0, answer{}, err
		}
		raw, err := io.ReadAll(w.Body)
		_ = w.Body.Close()
		if err != nil {
			return 0, answer{}, err
		}
		if wait, err := strconv.Atoi(w.Header.Get("Retry-After")); w.StatusCode == http.StatusServiceUnavailable && err == nil {
			p.unanswered++
			if p.unanswered < 60 {
				select {
				case <-time.After(time.Duration(wait) * time.Second):
					continue
				case <-ctx.Done():
				}
			}
		}
		var a answer
		if len(raw) > 0 {
			err = json.Unmarshal(raw, &a)
		}
		return w.StatusCode, a, err
	}
}
