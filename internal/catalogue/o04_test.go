package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/user"
)

// TestO04_Replay presents the right code again.
func TestO04_Replay(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		e.account(ada)
		answers := map[string]answer{}
		handle, code := e.code(ada)
		answers["wrong"] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, wrong(code)) })
		token := e.verify(ada, handle, code).text("token")
		replay := func(name, handle, code string) {
			t.Run(name, func(t *testing.T) {
				answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, code) })
			})
		}
		replay("after success", handle, code)
		replay("after success, without the handle", "", code)
		e.logout(token)
		replay("after logout", handle, code)
		second, newer := e.code(ada)
		replay("after a new code was requested", handle, code)
		replay("with the handle of the new request", second, code)
		replay("with blanks", handle, " "+code+" ")
		replay("with a blank inside", handle, code[:3]+" "+code[3:])
		replay("with a dash inside", handle, code[:3]+"-"+code[3:])
		replay("in full-width digits", handle, fullWidth(code))
		e.Clock.Advance(time.Minute)
		if a := e.verify(ada, second, newer); a.status != http.StatusOK {
			t.Errorf("the new code answers %d %s", a.status, a.body)
		}
		replay("after the new code signed in", second, newer)
		same(t, answers)
		if n := e.Faults.Count("sessions.Create"); n != 2 {
			t.Errorf("%d sessions began", n)
		}
	})
}

func fullWidth(code string) string {
	var s []rune
	for _, c := range code {
		s = append(s, c-'0'+'０')
	}
	return string(s)
}

// TestO04_Spellings are the ways people type a code (CONTRACT 7): blanks around it and one blank or dash inside.
func TestO04_Spellings(t *testing.T) {
	e := alone(t, auth.Config{})
	e.account(ada)
	for name, tt := range map[string]struct {
		spell  func(code string) string
		status int
	}{
		"as it is":         {func(c string) string { return c }, 200},
		"blanks around":    {func(c string) string { return "  " + c + `\t` }, 200},
		"a blank inside":   {func(c string) string { return c[:3] + " " + c[3:] }, 200},
		"a dash inside":    {func(c string) string { return c[:3] + "-" + c[3:] }, 200},
		"two dashes":       {func(c string) string { return c[:2] + "-" + c[2:4] + "-" + c[4:] }, 401},
		"another dash":     {func(c string) string { return c[:3] + "–" + c[3:] }, 401},
		"full-width":       {fullWidth, 401},
		"a plus before":    {func(c string) string { return "+" + c }, 401},
		"a zero before":    {func(c string) string { return "0" + c }, 401},
		"a NUL behind":     {func(c string) string { return c + `\u0000` }, 401},
		"as an expression": {func(c string) string { return c + "e0" }, 401},
	} {
		t.Run(name, func(t *testing.T) {
			handle, code := e.code(ada)
			body := fmt.Sprintf(`{"target":%q,"code":"%s","challenge":%q}`, e.to(ada).Value, tt.spell(code), handle)
			if a := e.post("/auth/login/verify", body); a.status != tt.status {
				t.Errorf("answers %d %s, want %d", a.status, a.body, tt.status)
			}
		})
	}
	t.Run("another JSON type is 400 and no guess", func(t *testing.T) {
		handle, code := e.code(ada)
		for range 6 {
			e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer {
				return e.post("/auth/login/verify", fmt.Sprintf(`{"target":%q,"code":%s,"challenge":%q}`, e.to(ada).Value, "1"+code[1:], handle))
			})
		}
		if a := e.verify(ada, handle, code); a.status != http.StatusOK {
			t.Errorf("afterwards the code answers %d %s", a.status, a.body)
		}
	})
}

const phone = "+46701234567"

// TestO05_CodeOfAnother presents a code where it is not at home: at another address, channel, namespace and purpose.
func TestO05_CodeOfAnother(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		id := e.account(ada)
		e.account(bob)
		if err := e.Config.Store.Users().SetIdentifier(t.Context(), id, user.Identifier{Kind: user.Phone, Value: phone}); err != nil {
			t.Fatal(err)
		}
		token := e.login(ada)
		handle, code := e.code(ada)
		attempt := func(name string, act func() answer) {
			t.Run(name, func(t *testing.T) {
				e.Faults.Forget()
				e.refuses(t, http.StatusUnauthorized, "invalid_code", act)
				if e.Faults.Count("locks.Swap") == 0 {
					t.Error("it was not counted against the target")
				}
			})
		}
		attempt("A's code for B, with A's handle", func() answer { return e.verify(bob, handle, code) })
		attempt("A's code for B, without", func() answer { return e.verify(bob, "", code) })
		theirs, _ := e.code(bob)
		attempt("A's code for B, with B's handle", func() answer { return e.verify(bob, theirs, code) })
		attempt("by mail, used as by SMS", func() answer { return e.verify(phone, handle, code) })
		attempt("by mail, used as by SMS, without the handle", func() answer { return e.verify(phone, "", code) })
		t.Run("a login code proves no step-up", func(t *testing.T) {
			if a := e.do(http.MethodPost, "/auth/reauthenticate/options", "", key(token)); a.status != http.StatusOK {
				t.Fatalf("the options answer %d %s", a.status, a.body)
			}
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer {
				return e.post("/auth/reauthenticate", fmt.Sprintf(`{"code":%q,"challenge":%q}`, code, handle), key(token))
			})
			stepUp := e.Inbox.Code(t, ada)
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, "", stepUp) })
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, stepUp) })
		})
		t.Run("a login code proves no new address", func(t *testing.T) {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer {
				return e.post("/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, code, handle), key(token))
			})
			a := e.post("/auth/me/identifiers", `{"email":"new@example.com"}`, key(token))
			change := e.Inbox.Code(t, "new@example.com")
			for _, with := range []string{"", a.text("challenge")} {
				e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify("new@example.com", with, change) })
			}
			stranger := e.login(bob)
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer {
				return e.post("/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, change, a.text("challenge")), key(stranger))
			})
			if a := e.post("/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, change, a.text("challenge")), key(token)); a.status != http.StatusNoContent {
				t.Errorf("at home it answers %d %s", a.status, a.body)
			}
		})
		t.Run("codes of an address that was replaced are worth nothing", func(t *testing.T) {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, code) })
		})
	})
}

// TestO05_AddressOfAnother: a code that was made for the account that held the address does not open the one that holds it now.
func TestO05_AddressOfAnother(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		was := e.account(ada)
		handle, code := e.code(ada)
		if err := e.Config.Store.Users().SetIdentifier(t.Context(), was, e.to("new@example.com")); err != nil {
			t.Fatal(err)
		}
		if is := e.account(ada); is == was {
			t.Fatal("the address has not changed hands")
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, handle, code) })
	})
}

// secondAddress is a host's user table that finds the account of one address by another one too.
type secondAddress struct {
	user.Store

	first, second user.Identifier
}

func (s secondAddress) Find(ctx context.Context, id user.Identifier) (user.User, error) {
	if id == s.second {
		id = s.first
	}
	return s.Store.Find(ctx, id)
}

// TestO05_AddressTheHostKnows: a host may know more addresses of an account than it shows. A code that went to one of them is good.
func TestO05_AddressTheHostKnows(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		id := e.account(ada)
		e.reopen(func(c *auth.Config) { c.Users = secondAddress{c.Store.Users(), e.to(ada), e.to("work@example.com")} })
		handle, code := e.code("work@example.com")
		a := e.verify("work@example.com", handle, code)
		if a.status != http.StatusOK || e.get("/app", a.text("token")).body != id {
			t.Errorf("answers %d %s", a.status, a.body)
		}
	})
}

// TestO05_StaysUnburnt: attempts with a code at other addresses cost it nothing.
func TestO05_StaysUnburnt(t *testing.T) {
	eachChannel(t, auth.Config{}, func(t *testing.T, e *env) {
		e.account(ada)
		handle, code := e.code(ada)
		for range 12 {
			e.verify(bob, handle, code)
		}
		if a := e.verify(ada, handle, code); a.status != http.StatusOK {
			t.Errorf("A's code answers %d %s", a.status, a.body)
		}
	})
}

// TestO05_Namespaces is tenant 1 and tenant 2 (DESIGN D9): one store, one secret, one address, two sets of identifiers.
func TestO05_Namespaces(t *testing.T) {
	each(t, auth.Config{SignUp: true}, func(t *testing.T, e *env) {
		one, two := e.beside(func(c *auth.Config) { c.Namespace = "one" }), e.beside(func(c *auth.Config) { c.Namespace = "two" })
		for _, n := range []*env{one, two} {
			n.account(ada)
		}
		handle, code := one.code(ada)
		token := one.login(ada)
		for name, n := range map[string]*env{"the other namespace": two, "no namespace": e} {
			t.Run(name, func(t *testing.T) {
				n.account(ada)
				n.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return n.verify(ada, handle, code) })
				n.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return n.verify(ada, "", code) })
				n.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return n.get("/app", token) })
				n.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return n.refresh(token) })
			})
		}
		if a := one.verify(ada, handle, code); a.status != http.StatusOK || !one.live(token) {
			t.Errorf("at home the code answers %d %s", a.status, a.body)
		}
	})
}
