package catalogue

import (
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/abuse/disposable"
	"github.com/crafteasy/auth/user"
)

// TestR09_Disposable: every spelling of an address on a listed domain is refused, before anything is counted, and alike for
// accounts that are there and that are not.
func TestR09_Disposable(t *testing.T) {
	for name, c := range map[string]auth.Config{"sign-up open": {SignUp: true}, "sign-up closed": {}} {
		t.Run(name, func(t *testing.T) {
			c.Disposable.Block = []string{"wegwerf-b\u00fccher.example"}
			e := alone(t, c)
			e.Put(user.User{Email: "known@mailinator.com"})
			answers := map[string]answer{}
			for _, s := range []string{
				"known@mailinator.com", "unknown@mailinator.com", "KNOWN@MAILINATOR.COM", "known@mailinator.com.", " known@mailinator.com ", "known+tag@mailinator.com",
				"a@sub.mailinator.com", "a@a.b.mailinator.com", "a@wegwerf-b\u00fccher.example", "a@WEGWERF-BU\u0308CHER.example", "a@x.xn--wegwerf-bcher-4ob.example",
			} {
				e.Faults.Forget()
				answers[s] = e.refuses(t, http.StatusBadRequest, "disposable_email", func() answer { return e.post("/auth/login/email", `{"email":`+quoted(s)+`}`) })
				if work := e.work(); work != "" {
					t.Errorf("%q: the back ends do: %s", s, work)
				}
			}
			same(t, answers)
			if got := answers["known@mailinator.com"].text("detail"); got != "Disposable email addresses are not allowed" {
				t.Errorf("the detail is %q", got)
			}
			for _, s := range []string{"a@xmailinator.com", "a@mailinator.com.example", "x@privaterelay.appleid.com", "x@mozmail.com", "x@duck.com", "mailinator.com@example.com"} {
				if a := e.post("/auth/login/email", `{"email":`+quoted(s)+`}`); a.status != http.StatusOK {
					t.Errorf("%q answers %d %s", s, a.status, a.body)
				}
			}
			token := e.login(ada)
			e.refuses(t, http.StatusBadRequest, "disposable_email", func() answer {
				return e.post("/auth/me/identifiers", `{"email":"new@mailinator.com"}`, key(token))
			})
		})
	}
	e := alone(t, auth.Config{Disposable: auth.Disposable{Accept: true}})
	if a := e.post("/auth/login/email", `{"email":"a@mailinator.com"}`); a.status != http.StatusOK {
		t.Errorf("with the switch off, it answers %d %s", a.status, a.body)
	}
}

// TestR09_Reload brings the list up to date while the service runs: a good one counts at once, a broken one not at all.
func TestR09_Reload(t *testing.T) {
	list := disposable.New()
	e := alone(t, auth.Config{Disposable: auth.Disposable{List: list, Allow: []string{"yopmail.com"}}})
	status := func(email string) int { return e.post("/auth/login/email", `{"email":`+quoted(email)+`}`).status }
	var text strings.Builder
	if _, err := list.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string]string{"empty": "", "50 MiB": strings.Repeat("new.example\n", 50<<20/12), "a page": "<html>new.example</html>", "one line": "new.example\n"} {
		if err := list.Reload(strings.NewReader(broken)); err == nil {
			t.Errorf("%s: it was taken", name)
		}
		if status("a@mailinator.com") != http.StatusBadRequest || status("a@new.example") != http.StatusOK {
			t.Fatalf("%s: the list has changed", name)
		}
	}
	if err := list.Reload(strings.NewReader(text.String() + "new.example\n")); err != nil {
		t.Fatal(err)
	}
	if status("a@mailinator.com") != http.StatusBadRequest || status("a@new.example") != http.StatusBadRequest || status("a@yopmail.com") != http.StatusOK {
		t.Error("the new list does not count")
	}
}
