package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/crafteasy/auth/session"
)

// soaker is a person of the soak.
type soaker struct {
	*soak

	name string
	// id is who the program says that it is.
	id string
	// token lives, as far as its owner knows; it is empty after an answer that left that open.
	token string
	// dead are tokens that ended for certain, with the sessions they were of; dying are replaced ones within their grace, and replaced those
	// of a session that lives.
	dead     []string
	replaced []string
	dying    []dying
}

type dying struct {
	token string
	at    time.Time
	// lost says that nobody knows whether its session lives.
	lost bool
}

// graveyard bounds how many dead tokens somebody remembers.
const graveyard = 30

func (p *soaker) bury(tokens ...string) {
	p.dead = append(p.dead, tokens...)
	p.dead = p.dead[max(0, len(p.dead)-graveyard):]
}

// live is one thing that somebody does.
func (p *soaker) live(ctx context.Context) {
	p.ripen()
	if p.token == "" {
		p.signIn(ctx)
		return
	}
	switch pick(20) {
	case 0, 1:
		p.refresh()
	case 2, 3:
		p.end(http.MethodPost, "/auth/logout", http.StatusNoContent)
	case 4, 5:
		p.end(http.MethodDelete, "/auth/sessions?all=true", http.StatusNoContent)
	case 6, 7, 8, 9, 10:
		p.haunt()
	case 11:
		p.forge()
	case 12:
		p.machine()
	case 13, 14:
		p.ask(http.MethodGet, "/auth/sessions", "", p.token, false, http.StatusOK)
	default:
		p.look()
	}
}

// look sees who the program says that somebody is: the same as ever.
func (p *soaker) look() {
	a := p.ask(http.MethodGet, "/app", "", p.token, false, http.StatusOK)
	if a.status != http.StatusOK {
		return
	}
	if p.id == "" {
		p.id = a.body
	}
	if p.id != a.body || a.body == "" {
		p.t.Errorf("%s is %q and was %q", p.name, a.body, p.id)
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
		p.dying = append(p.dying, dying{p.token, time.Now().Add(session.Grace + time.Second), false})
		p.token = next
		return
	}
	p.end(http.MethodPost, "/auth/logout", http.StatusNoContent, http.StatusUnauthorized)
}

// end ends the session. When that fails its state is open, and its owner forgets it.
func (p *soaker) end(method, path string, want ...int) {
	a := p.ask(method, path, "", p.token, true, want...)
	if a.status == http.StatusNoContent {
		p.total.ends.Add(1)
		p.bury(p.token)
		p.dying = slices.DeleteFunc(p.dying, func(d dying) bool {
			if !d.lost {
				p.bury(d.token)
			}
			return !d.lost
		})
	}
	for i := range p.dying {
		p.dying[i].lost = true
	}
	p.bury(p.replaced...)
	p.token, p.replaced = "", nil
}

// ripen knows the replaced tokens that are past their grace as dead.
func (p *soaker) ripen() {
	for len(p.dying) > 0 && time.Now().After(p.dying[0].at) {
		if d := p.dying[0]; d.lost {
			p.bury(d.token)
		} else {
			p.replaced = append(p.replaced, d.token)
			p.replaced = p.replaced[max(0, len(p.replaced)-graveyard):]
		}
		p.dying = p.dying[1:]
	}
}

// haunt presents a dead token. One of a session that lives is not refreshed: that would end the session, as of a thief.
func (p *soaker) haunt() {
	method, path, among := http.MethodGet, "/app", slices.Concat(p.dead, p.replaced)
	switch pick(4) {
	case 0:
		path = "/auth/sessions"
	case 1:
		method, path, among = http.MethodPost, "/auth/refresh", p.dead
	}
	if len(among) > 0 {
		p.total.dead.Add(1)
		p.ask(method, path, "", among[pick(len(among))], true, http.StatusUnauthorized)
	}
}

// forge presents the token that lives with another character somewhere.
func (p *soaker) forge() {
	at := pick(len(p.token))
	other := byte('A')
	if p.token[at] == other {
		other = 'B'
	}
	p.total.dead.Add(1)
	p.ask(http.MethodGet, "/app", "", p.token[:at]+string(other)+p.token[at+1:], true, http.StatusUnauthorized)
}

// machine makes an API key, uses it, and revokes it: then neither the key nor its token is worth anything.
func (p *soaker) machine() {
	made := p.ask(http.MethodPost, "/auth/api-keys", `{"name":"soak"}`, p.token, true, http.StatusCreated, http.StatusForbidden, http.StatusConflict)
	if made.status != http.StatusCreated {
		return
	}
	body := fmt.Sprintf(`{"api_code":%q,"api_key":%q}`, made.text("api_code"), made.text("api_key"))
	token := p.ask(http.MethodPost, "/auth/api-key", body, "", true, http.StatusOK).text("token")
	if token != "" {
		p.ask(http.MethodGet, "/app", "", token, false, http.StatusOK)
	}
	gone := p.ask(http.MethodDelete, "/auth/api-keys/"+made.text("id"), "", p.token, true, http.StatusNoContent)
	if gone.status != http.StatusNoContent {
		return
	}
	p.total.keys.Add(1)
	p.ask(http.MethodPost, "/auth/api-key", body, "", true, http.StatusUnauthorized, http.StatusTooManyRequests)
	if token != "" {
		p.ask(http.MethodGet, "/app", "", token, true, http.StatusUnauthorized)
	}
}

// settle holds what somebody remembers against a service in which nothing fails any more.
func (p *soaker) settle() {
	p.t.Helper()
	p.ripen()
	for _, token := range slices.Concat(p.dead, p.replaced) {
		if a := p.get("/app", token); a.status != http.StatusUnauthorized {
			p.t.Errorf("a dead token of %s is answered %d %s", p.name, a.status, a.body)
		}
	}
	if p.token != "" && !p.env.live(p.token) {
		p.t.Errorf("the live session of %s is lost", p.name)
	}
}
