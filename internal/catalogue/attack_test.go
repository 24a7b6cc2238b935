package catalogue

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/sender"
)

const (
	attackRequests  = 10_000
	attackAddresses = 500
	attackAccounts  = 50
	attackTakes     = 4 * time.Hour
)

// siege is an attack on a service, and the people who want to sign in meanwhile.
type siege struct {
	e        *env
	handlers []http.Handler
	requests int
	asked    int
	answers  map[string]int // who asked, and what was answered
	sent     map[string]int // messages by account, from the answers
	in       map[string]int // sign-ins by account
	guessed  map[string]int // guesses that were compared, by account
}

// send is a request from an address, straight to the handler of the instance whose turn it is.
func (s *siege) send(address int, path, body string) answer {
	r := httptest.NewRequest(http.MethodPost, "/auth"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = fmt.Sprintf("10.0.%d.%d:1", address/250, 1+address%250)
	w := httptest.NewRecorder()
	s.handlers[s.asked%len(s.handlers)].ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func account(i int) string { return fmt.Sprintf("user%d@example.com", i%attackAccounts) }

// ask asks for a code and counts the answer.
func (s *siege) ask(who string, address int, email, captcha string) answer {
	a := s.send(address, "/login/email", fmt.Sprintf(`{"email":%q,"captcha_token":%q}`, email, captcha))
	told := "sent"
	if a.status == http.StatusOK {
		s.sent[email]++
		s.arrived() // messages of two instances overtake one another
	} else {
		told = a.text("code")
		if ev := s.e.Events.All(); told == "rate_limited" {
			told += ", " + ev[len(ev)-1].Reason
		}
	}
	s.answers[who+": "+told]++
	return a
}

// attacker asks for a code of somebody else and guesses at it, with the handle and without.
func (s *siege) attacker(i, address int) {
	email := account(i)
	a := s.ask("attackers", address, email, "")
	for guess := range 3 {
		handle := a.text("challenge")
		if guess == 2 {
			handle = ""
		}
		v := s.send(address, "/login/verify", fmt.Sprintf(`{"target":%q,"code":"%06d","challenge":%q}`, email, (i*7+guess)%1_000_000, handle))
		switch v.status {
		case http.StatusUnauthorized:
			s.guessed[email]++
		case http.StatusOK:
			s.e.t.Errorf("an attacker got in as %s", email)
		}
	}
}

// owner signs in to an account of his own from one of his addresses, and solves a CAPTCHA when he is asked to.
func (s *siege) owner(i, address int) {
	email := account(address)
	a := s.ask("owners", address, email, "")
	if a.text("code") == "captcha_required" {
		a = s.ask("owners, once more", address, email, fmt.Sprint("solved ", i))
	}
	if a.status != http.StatusOK {
		return
	}
	v := s.send(address, "/login/verify", fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, email, s.code(email), a.text("challenge")))
	if v.status != http.StatusOK {
		s.e.t.Errorf("the owner of %s shows the code and is told %d %s", email, v.status, v.body)
		return
	}
	s.in[email]++
}

// arrived waits for every message that was promised so far.
func (s *siege) arrived() []sender.Message {
	total := 0
	for _, n := range s.sent {
		total += n
	}
	return s.e.Inbox.Arrived(s.e.t, total)
}

// code is the newest code to the address.
func (s *siege) code(email string) string {
	newest := ""
	for _, m := range s.arrived() {
		if m.To == email {
			newest = m.Code
		}
	}
	return newest
}

// TestSimulatedAttack lets 500 addresses make 10 000 sign-in requests for 50 accounts in four hours, on two instances. Half of the
// addresses guess; the other half belong to the owners. No account is sent more than its limits, no attacker gets in, and every owner does.
// On MongoDB it is one in twenty, and only where AUTH_TEST_BIG is set: the test server takes half a second for each.
func TestSimulatedAttack(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			limits, requests := auth.Limits{IPPerMinute: 60}, attackRequests
			if b.wall { // the four hours pass in a moment there, so that an hour's five would be the day's
				limits = auth.Limits{IPPerMinute: 1 << 20, IPFailures: 5, RecipientPerHour: 10}
			}
			if b.slow {
				if requests /= 20; os.Getenv("AUTH_TEST_BIG") == "" {
					t.Skip("AUTH_TEST_BIG is not set: the test server takes minutes")
				}
			}
			clock := authtest.NewClock(time.Now()) // of the back end too, where it has one
			c := auth.Config{Now: clock.Now, Limits: limits}
			p := provider(t, &c)
			c.Captcha.Always = false
			e := open(t, b, 1, c)
			e.Clock = clock
			s := &siege{
				e: e, handlers: []http.Handler{e.Handler(), e.Twin().Handler()}, requests: requests,
				answers: map[string]int{}, sent: map[string]int{}, in: map[string]int{}, guessed: map[string]int{},
			}
			s.run(t, p)
			s.judge(t)
		})
	}
}

// run lets the hours pass.
func (s *siege) run(t *testing.T, p *challenged) {
	t.Helper()
	for i := range attackAccounts {
		s.e.account(account(i))
	}
	hours := map[string]int{}
	for s.asked = range s.requests {
		if s.asked%(s.requests/200) == 0 { // a challenge that was solved is good for five minutes
			p.passes(s.e, "", "")
			s.e.Events.Take()
		}
		if address := s.asked * 7 % attackAddresses; address < attackAddresses/2 {
			s.attacker(s.asked/3, address)
		} else {
			s.owner(s.asked, address)
		}
		s.e.Clock.Advance(attackTakes / time.Duration(s.requests))
		if !s.e.wall && (s.asked+1)%(s.requests/4) == 0 {
			for email, n := range s.sent {
				if n-hours[email] > 5 {
					t.Errorf("%s was sent %d messages in an hour", email, n-hours[email])
				}
				hours[email] = n
			}
		}
	}
}

// judge compares what has happened with the limits, and prints the table.
func (s *siege) judge(t *testing.T) {
	t.Helper()
	s.arrived()
	s.e.Drain()
	messages := map[string]int{}
	for _, m := range s.e.Inbox.Messages() {
		messages[m.To]++
	}
	total, signIns, guesses := 0, 0, 0
	for i := range attackAccounts {
		email := account(i)
		if messages[email] != s.sent[email] || messages[email] > 10 || s.requests == attackRequests && messages[email] != 10 {
			t.Errorf("%s was sent %d messages, by the answers %d; want the 10 of a day", email, messages[email], s.sent[email])
		}
		if s.guessed[email] > 50 {
			t.Errorf("%d guesses at %s were compared", s.guessed[email], email)
		}
		if s.in[email] == 0 {
			t.Errorf("the owner of %s did not get in", email)
		}
		total += messages[email]
		signIns += s.in[email]
		guesses += s.guessed[email]
	}
	t.Logf("%d requests from %d addresses for %d accounts in %v", s.requests, attackAddresses, attackAccounts, attackTakes)
	for _, name := range slices.Sorted(maps.Keys(s.answers)) {
		t.Logf("  %-50s %6d", name, s.answers[name])
	}
	t.Logf("  messages sent %d of at most %d; wrong guesses answered %d; sign-ins of owners %d, of attackers 0", total, 10*attackAccounts, guesses, signIns)
}
