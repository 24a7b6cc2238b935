package catalogue

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestO06_BoundToItsRequest: an attacker asks for codes to the victim's address while the victim signs in.
func TestO06_BoundToItsRequest(t *testing.T) {
	for name, require := range map[string]bool{"default": false, "RequireChallenge": true} {
		t.Run(name, func(t *testing.T) {
			eachChannel(t, auth.Config{Codes: auth.Codes{RequireChallenge: require}}, func(t *testing.T, e *env) {
				e.account(ada)
				attackers, first := e.code(ada)
				victims, code := e.code(ada)
				for _, h := range []string{attackers, victims} {
					if b, err := base64.RawURLEncoding.DecodeString(h); err != nil || len(b) < 16 {
						t.Errorf("the handle %q has less than 128 bits", h)
					}
				}
				answers := map[string]answer{}
				answers["the victim's code with the attacker's handle"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer {
					return e.verify(ada, attackers, code)
				})
				if require {
					answers["without a handle"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, "", code) })
				}
				same(t, answers)
				for range 10 {
					e.Clock.Advance(10 * time.Second)
					e.code(ada)
				}
				// With the attacker's handle the first code is right: it went to the victim, who alone can read it.
				if a := e.verify(ada, attackers, first); a.status != http.StatusOK {
					t.Errorf("the first code with its own handle answers %d %s", a.status, a.body)
				}
				if a := e.verify(ada, victims, code); a.status != http.StatusOK {
					t.Errorf("ten requests of the attacker made the victim's code worthless: %d %s", a.status, a.body)
				}
			})
		})
	}
}

// TestO06_WithoutHandle: a plain client that knows no handles signs in with the newest code, and only with that.
func TestO06_WithoutHandle(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		e.account(ada)
		_, older := e.code(ada)
		newest, code := e.code(ada)
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, "", older) })
		if a := e.verify(ada, "", code); a.status != http.StatusOK {
			t.Errorf("answers %d %s", a.status, a.body)
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, newest, code) })
	})
}

// TestO06_StrangerCannotLockOut: guesses without the handle neither spend those of the challenge nor make its owner wait.
func TestO06_StrangerCannotLockOut(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		e.account(ada)
		handle, code := e.code(ada)
		for range 5 {
			e.verify(ada, "", wrong(code))
		}
		for range 20 {
			e.verify(ada, "", wrong(code))
			e.verify(ada, "an-unknown-handle", code)
		}
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.verify(ada, "", code) })
		if a := e.verify(ada, handle, code); a.status != http.StatusOK {
			t.Fatalf("the owner, with the handle, is told %d %s", a.status, a.body)
		}
		_, code = e.code(ada)
		if a := e.verify(ada, "", code); a.status != http.StatusOK {
			t.Errorf("after a success, guesses without a handle still wait: %d %s", a.status, a.body)
		}
	})
}

// TestO06_Handles presents what is no handle of a live challenge.
func TestO06_Handles(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		e.account(ada)
		handle, code := e.code(ada)
		answers := map[string]answer{}
		for name, h := range map[string]string{
			"unknown": "AAAAAAAAAAAAAAAAAAAAAA", "cut": handle[:21], "longer": handle + "A", "another case": swapCase(handle),
			"a prefix of the store": "c:" + handle, "a blank": " ", "64 characters": strings.Repeat("A", 64), "60 kB": strings.Repeat("A", 60<<10),
			"a target": "latest:" + ada, "a database's object": `{"$gt":""}`, "a NUL": handle + "\x00", "a line break": handle + "\r\n",
		} {
			t.Run(name, func(t *testing.T) {
				body := `{"target":"` + e.to(ada).Value + `","code":"` + code + `","challenge":` + quoted(h) + `}`
				answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.post("/auth/login/verify", body) })
			})
		}
		same(t, answers)
		if a := e.verify(ada, handle, code); a.status != http.StatusOK {
			t.Errorf("the right handle answers %d %s", a.status, a.body)
		}
	})
}

// TestO06_LongHandle: what is too long for a handle is looked up nowhere.
func TestO06_LongHandle(t *testing.T) {
	e := alone(t, auth.Config{})
	long := strings.Repeat("A", 65)
	e.Faults.Forget()
	e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, long, "000000") })
	for _, c := range e.Faults.Calls() {
		if strings.Contains(c.Key, long) {
			t.Errorf("%s looks for %s", c.Verb, c.Key)
		}
	}
}

// TestO06_Application: a code of a request that named an application signs in to no other one.
func TestO06_Application(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		e.account(ada)
		for name, tt := range map[string]struct {
			asked, verified string
			status          int
			origin          string
		}{
			"named at login alone":  {"web", "", 200, "web"},
			"named at verify alone": {"", "app", 200, "app"},
			"named twice":           {"web", "web", 200, "web"},
			"named differently":     {"web", "app", 401, ""},
			"in another case":       {"web", "Web", 401, ""},
		} {
			t.Run(name, func(t *testing.T) {
				path, field := e.channel()
				h := e.post(path, fmt.Sprintf(`{%q:%q,"application":%q}`, field, e.to(ada).Value, tt.asked)).text("challenge")
				body := `{"target":"` + e.to(ada).Value + `","code":"` + e.Inbox.Code(t, e.to(ada).Value) + `","challenge":"` + h + `","application":"` + tt.verified + `"}`
				a := e.post("/auth/login/verify", body)
				if a.status != tt.status {
					t.Fatalf("answers %d %s", a.status, a.body)
				}
				if tt.origin != "" {
					if got := e.get("/auth/me", a.text("token")).text("origin_app"); got != tt.origin {
						t.Errorf("origin_app %q, want %q", got, tt.origin)
					}
				}
			})
		}
	})
}

// TestO08_Expiry looks at a code a second before its end, at it, and a second later.
func TestO08_Expiry(t *testing.T) {
	for ttl, config := range map[time.Duration]auth.Codes{
		5 * time.Minute:  {},
		10 * time.Minute: {TTL: 10 * time.Minute},
		time.Second:      {TTL: time.Second},
	} {
		t.Run(ttl.String(), func(t *testing.T) {
			eachChannel(t, auth.Config{Codes: config}, func(t *testing.T, e *env) {
				if e.wall && ttl < time.Minute {
					t.Skip("the back end may drop a code of one second while the test looks")
				}
				e.account(ada)
				for name, tt := range map[string]struct {
					after  time.Duration
					status int
				}{
					"a second before its end": {ttl - time.Second, 200},
					"at its end":              {ttl, 401},
					"a second later":          {ttl + time.Second, 401},
				} {
					for _, with := range []bool{true, false} {
						t.Run(name, func(t *testing.T) {
							handle, code := e.code(ada)
							if !with {
								handle = ""
							}
							e.Clock.Advance(tt.after)
							if a := e.verify(ada, handle, code); a.status != tt.status {
								t.Errorf("answers %d %s", a.status, a.body)
							}
						})
					}
				}
			})
		})
	}
}

// TestO08_WeakCodesAreRefused configures codes that are too weak: the service does not start, and names the field.
func TestO08_WeakCodesAreRefused(t *testing.T) {
	s := authtest.New(t, auth.Config{})
	for name, codes := range map[string]auth.Codes{
		"10 minutes and a second": {TTL: 10*time.Minute + time.Second},
		"a negative life":         {TTL: -time.Second},
		"a life of a nanosecond":  {TTL: 1},
		"five digits":             {Length: 5},
		"no digits":               {Length: -1},
		"eleven digits":           {Length: 11},
		"eleven guesses":          {MaxAttempts: 11},
		"a negative guess":        {MaxAttempts: -1},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.Config
			c.Codes = codes
			a, err := auth.New(c)
			if err == nil {
				_ = a.Close(t.Context())
				t.Fatal("it starts")
			}
			if !strings.Contains(err.Error(), "Config.Codes") {
				t.Errorf("the error does not name the field: %v", err)
			}
		})
	}
	t.Run("lengths from 6 to 10", func(t *testing.T) {
		for n := 6; n <= 10; n++ {
			e := alone(t, auth.Config{Codes: auth.Codes{Length: n}})
			e.account(ada)
			handle, code := e.code(ada)
			if len(code) != n {
				t.Errorf("a code of %d digits is %q", n, code)
			}
			if a := e.verify(ada, handle, code); a.status != http.StatusOK {
				t.Errorf("answers %d %s", a.status, a.body)
			}
		}
	})
}
