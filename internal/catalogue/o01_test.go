package catalogue

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestO01_FiveGuesses spends the guesses of a code: the right one is then as good as a wrong one.
func TestO01_FiveGuesses(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		e.account(ada)
		answers := map[string]answer{}
		t.Run("with the handle", func(t *testing.T) {
			handle, code := e.code(ada)
			for range 5 {
				answers["wrong"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, wrong(code)) })
			}
			answers["right, too late"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, code) })
			answers["wrong, sixth"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, wrong(code)) })
			handle, code = e.code(ada)
			if a := e.verify(ada, handle, code); a.status != http.StatusOK {
				t.Errorf("the code of a new request answers %d %s", a.status, a.body)
			}
		})
		t.Run("the fifth guess is the right one", func(t *testing.T) {
			handle, code := e.code(ada)
			for range 4 {
				e.verify(ada, handle, wrong(code))
			}
			if a := e.verify(ada, handle, code); a.status != http.StatusOK {
				t.Errorf("answers %d %s", a.status, a.body)
			}
		})
		t.Run("without a handle", func(t *testing.T) {
			e.account(bob)
			_, code := e.code(bob)
			for range 5 {
				answers["wrong without handle"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(bob, "", wrong(code)) })
			}
			e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.verify(bob, "", code) })
			e.Clock.Advance(30 * time.Second)
			answers["right without handle"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(bob, "", code) })
			e.Clock.Advance(time.Minute)
			_, code = e.code(bob)
			if a := e.verify(bob, "", code); a.status != http.StatusOK {
				t.Errorf("the code of a new request answers %d %s", a.status, a.body)
			}
		})
		t.Run("the handle of another user", func(t *testing.T) {
			theirs, code := e.code(bob)
			own, mine := e.code(ada)
			for range 6 {
				answers["foreign handle"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, theirs, wrong(mine)) })
			}
			answers["foreign handle, own code"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, theirs, mine) })
			answers["foreign handle, its code"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, theirs, code) })
			for name, a := range map[string]answer{"their code": e.verify(bob, theirs, code), "my code": e.verify(ada, own, mine)} {
				if a.status != http.StatusOK {
					t.Errorf("%s lost its guesses to a stranger: %d %s", name, a.status, a.body)
				}
			}
		})
		t.Run("no code at all", func(t *testing.T) {
			handle, code := e.code(ada)
			for _, guess := range []string{"0", code[1:], code + "0", "١٢٣٤٥٦", "abcdef", strings.Repeat("1", 10_000)} {
				answers["no code "+guess[:1]] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, guess) })
			}
			answers["right, after five that are none"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, code) })
		})
		same(t, answers)
	})
}

// TestO01_CountedBeforeCompared breaks the counter: a guess that cannot be counted is not compared.
func TestO01_CountedBeforeCompared(t *testing.T) {
	for _, on := range []string{"kv.Count", "locks.Lock", "locks.Swap"} {
		for name, do := range map[string]authtest.Effect{"refused": authtest.Refuse, "failed after it was done": authtest.FailAfter} {
			t.Run(on+" "+name, func(t *testing.T) {
				e := alone(t, auth.Config{})
				e.account(ada)
				_, code := e.code(ada)
				remove := e.Faults.Inject(authtest.Fault{On: on, Do: do})
				a := e.refuses(t, http.StatusServiceUnavailable, "unavailable", func() answer { return e.verify(ada, "", code) })
				if a.header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				if n := e.Faults.Count("kv.Take"); n != 0 {
					t.Errorf("the code was taken %d times", n)
				}
				remove()
				if a := e.verify(ada, "", code); a.status != http.StatusOK {
					t.Errorf("afterwards the code answers %d %s", a.status, a.body)
				}
			})
		}
	}
}

// TestO01_ParallelGuesses sends 50 wrong guesses at once and then the right one: five were compared, however many came.
func TestO01_ParallelGuesses(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		e.account(ada)
		handle, code := e.code(ada)
		statuses := e.race(50, func(int) answer {
			a, _ := e.tryVerify(ada, handle, wrong(code))
			return a
		})
		if statuses[http.StatusUnauthorized] != 50 {
			t.Errorf("statuses %v", statuses)
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, code) })
	})
}

// TestO01_GuessesUnderWayCount holds five wrong guesses back after they were counted and before anything came of them: the sixth
// is refused though it is right.
func TestO01_GuessesUnderWayCount(t *testing.T) {
	e := alone(t, auth.Config{})
	e.account(ada)
	handle, code := e.code(ada)
	held, release := make(chan struct{}), make(chan struct{})
	var counts atomic.Int32
	hold := func() { held <- struct{}{}; <-release }
	afterwards := e.Faults.Inject(authtest.Fault{On: "locks.Lock", Do: authtest.Pause, Before: hold})
	late := e.Faults.Inject(authtest.Fault{On: "kv.Count", Key: "otp:n:", Do: authtest.Pause, Before: func() {
		if counts.Add(1) > 1 { // the guess was looked at already
			hold()
		}
	}})
	var guesses sync.WaitGroup
	for range 5 {
		counts.Store(0)
		guesses.Go(func() { _, _ = e.tryVerify(ada, handle, wrong(code)) })
		<-held
	}
	afterwards()
	late()
	if a := e.verify(ada, handle, code); a.status != http.StatusUnauthorized {
		t.Errorf("the sixth guess answers %d %s", a.status, a.body)
	}
	close(release)
	guesses.Wait()
}

// race runs act n times at once and counts the statuses.
func (e *env) race(n int, act func(i int) answer) map[int]int {
	var mu sync.Mutex
	var racers sync.WaitGroup
	start := make(chan struct{})
	statuses := map[int]int{}
	for i := range n {
		racers.Go(func() {
			<-start
			a := act(i)
			mu.Lock()
			defer mu.Unlock()
			statuses[a.status]++
		})
	}
	close(start)
	racers.Wait()
	return statuses
}

func (e *env) tryVerify(email, handle, code string) (answer, error) {
	target := e.to(email).Value
	body := `{"target":"` + target + `","code":"` + code + `"}`
	if handle != "" {
		body = `{"target":"` + target + `","code":"` + code + `","challenge":"` + handle + `"}`
	}
	return e.try(http.MethodPost, "/auth/login/verify", body, header("Content-Type", "application/json"))
}

// TestO03_OneWinner submits the right code 50 times at once.
func TestO03_OneWinner(t *testing.T) {
	const racers = 50
	for name, withHandle := range map[string]bool{"with the handle": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			eachChannel(t, auth.Config{SignUp: true}, func(t *testing.T, e *env) {
				handle, code := e.code(ada) // an account that is made at the same time
				if !withHandle {
					handle = ""
				}
				var tokens, refusals sync.Map
				statuses := e.race(racers, func(int) answer {
					a, err := e.tryVerify(ada, handle, code)
					if err != nil {
						t.Error(err)
					}
					if token := a.text("token"); token != "" {
						tokens.Store(token, true)
					} else {
						refusals.Store(a.masked(), true)
					}
					return a
				})
				switch {
				case statuses[http.StatusOK] != 1:
					t.Fatalf("statuses %v", statuses)
				case withHandle && statuses[http.StatusUnauthorized] != racers-1:
					t.Errorf("statuses %v", statuses)
				case statuses[http.StatusUnauthorized]+statuses[http.StatusTooManyRequests] != racers-1:
					t.Errorf("statuses %v", statuses)
				}
				if withHandle {
					if n := size(&refusals); n != 1 {
						t.Errorf("%d different refusals", n)
					}
				}
				tokens.Range(func(token, _ any) bool {
					if ids := e.sessions(token.(string)); len(ids) != 1 {
						t.Errorf("sessions %q", ids)
					}
					return true
				})
				if n := e.Faults.Count("users.Create"); n != 1 {
					t.Errorf("%d accounts were made", n)
				}
				e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, "unknown", code) })
			})
		})
	}
}

func size(m *sync.Map) int {
	n := 0
	m.Range(func(any, any) bool { n++; return true })
	return n
}
