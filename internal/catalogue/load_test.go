package catalogue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/sender"
)

// The phases of a load. While it dies and rises anything may be answered.
const (
	phaseBefore = iota
	phaseDying
	phaseDown
	phaseRising
	phaseUp
)

// sums are what a load has seen so far.
type sums struct {
	answers     int // of any kind
	unavailable int // 503, while the server was down
	again       int // successes, after it was back
	longest     time.Duration
	firstAgain  time.Time
}

// load is people who use two instances of a service on clients of their own.
type load struct {
	t         *testing.T
	factor    int
	instances [2]http.Handler
	phase     atomic.Int32
	turn      atomic.Uint32
	codes     sync.Map // address → chan of its codes

	mu      sync.Mutex
	sums    sums
	ended   []string       // tokens of sessions whose end was confirmed
	alive   []string       // tokens that nobody has ended, replaced or tried to
	wins    map[string]int // challenge → how often its code was accepted
	wrong   []string       // what must not have been
	changed chan struct{}
}

func newLoad(t *testing.T, store func(*auth.Config)) *load {
	t.Helper()
	l := &load{t: t, factor: 1, wins: map[string]int{}, changed: make(chan struct{}, 1)}
	if n, err := strconv.Atoi(os.Getenv("AUTH_TEST_LOAD")); err == nil && n > 0 {
		l.factor = n
	}
	c := auth.Config{Issuer: issuer, Keys: authtest.Keys(), Secret: auth.NewSecret(), SignUp: true, Now: time.Now, Email: sender.EmailFunc(l.deliver)}
	for i := range l.instances {
		mine := c
		store(&mine)
		l.instances[i] = authtest.New(t, mine).Handler()
	}
	return l
}

func (l *load) deliver(_ context.Context, m sender.Message) error {
	if box, ok := l.codes.Load(m.To); ok && m.Code != "" {
		box.(chan string) <- m.Code
	}
	return nil
}

// begin sends n people in. stop answers when they are out again.
func (l *load) begin(n int) (stop func()) {
	ctx, cancel := context.WithCancel(l.t.Context())
	var people sync.WaitGroup
	for range n {
		people.Go(func() {
			for ctx.Err() == nil {
				l.visit()
			}
		})
	}
	return func() {
		cancel()
		people.Wait()
	}
}

// until waits for the load to have seen something. A load that stands still ends the test.
func (l *load) until(what string, seen func(sums) bool) {
	l.t.Helper()
	late := time.NewTimer(2 * time.Minute)
	defer late.Stop()
	for {
		l.mu.Lock()
		s := l.sums
		l.mu.Unlock()
		if seen(s) {
			return
		}
		select {
		case <-l.changed:
		case <-late.C:
			l.t.Fatalf("not yet: %s; %+v", what, s)
		}
	}
}

// ask sends a request to one instance after the other, and notes what must not be.
func (l *load) ask(path, token, body string) (status int, answered map[string]any) {
	method := http.MethodPost
	if path == "/auth/me" {
		method = http.MethodGet
	}
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("X-Api-Key", token)
	}
	turn := l.turn.Add(1)
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", byte(turn>>16), byte(turn>>8), byte(turn))
	w := httptest.NewRecorder()
	from, began := l.phase.Load(), time.Now()
	l.instances[turn%2].ServeHTTP(w, r)
	took, to := time.Since(began), l.phase.Load()
	_ = json.Unmarshal(w.Body.Bytes(), &answered)

	l.mu.Lock()
	defer l.mu.Unlock()
	l.sums.answers++
	switch {
	case w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "":
		l.wrong = append(l.wrong, path+" answers 503 without Retry-After")
	case w.Code == http.StatusServiceUnavailable && (from == phaseBefore && to == phaseBefore):
		l.wrong = append(l.wrong, path+" answers 503 before the outage")
	case w.Code != http.StatusServiceUnavailable && from == phaseDown && to == phaseDown:
		l.wrong = append(l.wrong, fmt.Sprintf("%s answers %d during the outage", path, w.Code))
	case w.Code >= http.StatusInternalServerError && w.Code != http.StatusServiceUnavailable:
		l.wrong = append(l.wrong, fmt.Sprintf("%s answers %d %s", path, w.Code, w.Body))
	}
	if from == phaseDown || to == phaseDown {
		l.sums.longest = max(l.sums.longest, took)
		if w.Code == http.StatusServiceUnavailable {
			l.sums.unavailable++
		}
	}
	if from == phaseUp && w.Code < http.StatusMultipleChoices {
		l.sums.again++
		if l.sums.firstAgain.IsZero() {
			l.sums.firstAgain = time.Now()
		}
	}
	select {
	case l.changed <- struct{}{}:
	default:
	}
	return w.Code, answered
}

// visit is one person's: in, a look, a refresh, and for every second one out.
func (l *load) visit() {
	address := strings.ToLower(rand.Text()) + "@example.com"
	box := make(chan string, 4)
	l.codes.Store(address, box)
	defer l.codes.Delete(address)
	status, sent := l.ask("/auth/login/email", "", fmt.Sprintf(`{"email":%q}`, address))
	if status != http.StatusOK {
		return
	}
	challenge, _ := sent["challenge"].(string)
	var code string
	select {
	case code = <-box:
	case <-time.After(10 * time.Second):
		l.note(fmt.Sprintf("the code of %s was accepted for sending and did not come", challenge))
		return
	}
	token := l.present(address, challenge, code)
	if token == "" {
		return
	}
	certain := true // nobody tried to end or replace it without being told how that went
	l.ask("/auth/me", token, "")
	switch status, next := l.ask("/auth/refresh", token, ""); {
	case status == http.StatusOK:
		token, _ = next["token"].(string)
	default:
		certain = false
	}
	if l.turn.Load()%2 == 0 {
		if status, _ := l.ask("/auth/logout", token, ""); status == http.StatusNoContent {
			l.keep(&l.ended, token)
			l.refused(token)
		}
		return
	}
	if certain {
		l.keep(&l.alive, token)
	}
}

// present sends the code four times at once, and answers the token.
func (l *load) present(address, challenge, code string) (token string) {
	body := fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, address, code, challenge)
	var racers sync.WaitGroup
	for range 4 {
		racers.Go(func() {
			if status, got := l.ask("/auth/login/verify", "", body); status == http.StatusOK {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.wins[challenge]++
				token, _ = got["token"].(string)
			}
		})
	}
	racers.Wait()
	return token
}

// refused looks with a token whose end was confirmed.
func (l *load) refused(token string) {
	for range 2 {
		if status, _ := l.ask("/auth/me", token, ""); status == http.StatusOK {
			l.note("a token was accepted after its end")
		}
	}
}

func (l *load) keep(list *[]string, token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*list = append(*list, token)
}

func (l *load) note(wrong string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, wrong)
}

func (l *load) report(t *testing.T, back time.Time) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Logf("%d requests; %d answers of 503 during the outage, the longest after %v; first success %v after the server was back; %d sessions ended, %d alive",
		l.sums.answers, l.sums.unavailable, l.sums.longest.Round(time.Millisecond), l.sums.firstAgain.Sub(back).Round(time.Millisecond),
		len(l.ended), len(l.alive))
}

// judge looks at everybody again, at both instances, now that all is quiet.
func (l *load) judge(t *testing.T, emptied bool) {
	t.Helper()
	for _, token := range l.ended {
		l.refused(token)
	}
	lost := 0
	for _, token := range l.alive {
		for range 2 {
			if status, _ := l.ask("/auth/me", token, ""); status != http.StatusOK {
				lost++
			}
		}
	}
	switch {
	case !emptied && lost > 0:
		t.Errorf("%d times somebody was refused who had not left", lost)
	case emptied && lost == 0:
		t.Error("the server came back empty, and nobody had to sign in again")
	}
	for challenge, n := range l.wins {
		if n > 1 {
			t.Errorf("the code of %s was accepted %d times", challenge, n)
		}
	}
	for _, w := range l.wrong {
		t.Error(w)
	}
	if len(l.ended) == 0 || len(l.alive) == 0 || len(l.wins) == 0 {
		t.Errorf("%d sessions ended, %d alive, %d codes: too few to tell", len(l.ended), len(l.alive), len(l.wins))
	}
}
