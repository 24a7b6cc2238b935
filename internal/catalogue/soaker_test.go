package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// soaker is a person of the soak.
type soaker struct {
	*soak

	name string
	// token lives, as far as its owner knows; it is empty after an answer that left that open.
	token string
	// dead are tokens that ended for certain; dying are replaced ones within their grace.
	dead  []string
	dying []dying
}

type dying struct {
	token string
	at    time.Time
}

// graveyard bounds how many dead tokens somebody remembers.
const graveyard = 30

func (p *soaker) bury(token string) {
	if len(p.dead) == graveyard {
		p.dead = p.dead[1:]
	}
	p.dead = append(p.dead, token)
}

// live is one thing that somebody does.
func (p *soaker) live(ctx context.Context) {
	p.ripen()
	if p.token == "" {
		p.signIn(ctx)
		return
	}
	switch pick(10) {
	case 0:
		p.refresh()
	case 1:
		p.end(http.MethodPost, "/auth/logout")
	case 2:
		p.end(http.MethodDelete, "/auth/sessions?all=true")
	case 3, 4, 5:
		p.haunt()
	case 6:
		p.ask(http.MethodGet, "/auth/sessions", "", p.token, false, http.StatusOK)
	default:
		p.ask(http.MethodGet, "/app", "", p.token, false, http.StatusOK)
	}
}

func (p *soaker) signIn(ctx context.Context) {
	a := p.ask(http.MethodPost, "/auth/login/email", fmt.Sprintf(`{"email":%q}`, p.name), "", true, http.StatusOK)
	if a.status != http.StatusOK {
		return
	}
	var code string
	select {
	case code = <-p.letters(p.name):
	case <-time.After(20 * time.Second):
		p.t.Errorf("an accepted message to %s was lost", p.name)
		return
	case <-ctx.Done():
		return
	}
	body := fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, p.name, code, a.text("challenge"))
	a = p.ask(http.MethodPost, "/auth/login/verify", body, "", true, http.StatusOK)
	if p.token = a.text("token"); p.token != "" {
		p.total.signIns.Add(1)
		// A code is good once, whatever failed.
		p.ask(http.MethodPost, "/auth/login/verify", body, "", true, http.StatusUnauthorized, http.StatusTooManyRequests)
	}
}

// refresh replaces the token. After a failure nobody knows which of the two lives; its owner ends the session.
func (p *soaker) refresh() {
	a := p.ask(http.MethodPost, "/auth/refresh", "", p.token, true, http.StatusOK)
	if next := a.text("token"); next != "" {
		p.total.refreshes.Add(1)
		p.dying = append(p.dying, dying{p.token, time.Now().Add(11 * time.Second)})
		p.token = next
		return
	}
	p.end(http.MethodPost, "/auth/logout")
}

// end ends the session. When that fails its state is open, and its owner forgets it.
func (p *soaker) end(method, path string) {
	a := p.ask(method, path, "", p.token, true, http.StatusNoContent, http.StatusUnauthorized)
	if a.status == http.StatusNoContent {
		p.total.ends.Add(1)
		p.bury(p.token)
		for _, d := range p.dying {
			p.bury(d.token)
		}
		p.dying = nil
	}
	p.token = ""
}

// ripen buries what is past its grace.
func (p *soaker) ripen() {
	for len(p.dying) > 0 && time.Now().After(p.dying[0].at) {
		p.bury(p.dying[0].token)
		p.dying = p.dying[1:]
	}
}

// haunt presents a dead token.
func (p *soaker) haunt() {
	if len(p.dead) > 0 {
		p.total.dead.Add(1)
		p.ask(http.MethodGet, "/app", "", p.dead[pick(len(p.dead))], true, http.StatusUnauthorized)
	}
}

// settle holds what somebody remembers against a service in which nothing fails any more.
func (p *soaker) settle() {
	p.t.Helper()
	p.ripen()
	for _, token := range p.dead {
		if a := p.get("/app", token); a.status != http.StatusUnauthorized {
			p.t.Errorf("a dead token of %s is answered %d %s", p.name, a.status, a.body)
		}
	}
	if p.token != "" && !p.env.live(p.token) {
		p.t.Errorf("the live session of %s is lost", p.name)
	}
}
