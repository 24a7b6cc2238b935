package user_test

import (
	"testing"

	"github.com/crafteasy/auth/user"
)

func TestMailboxKey(t *testing.T) {
	for name, c := range map[string]struct{ typed, want string }{
		"a plain address is its own key":             {"alice@example.com", "alice@example.com"},
		"a plus tag is dropped":                      {"alice+news@example.com", "alice@example.com"},
		"everything after the first plus is dropped": {"alice+a+b.c@example.com", "alice@example.com"},
		"an empty plus tag is dropped":               {"alice+@example.com", "alice@example.com"},
		"nothing but a plus tag stays":               {"+news@example.com", "+news@example.com"},
		"dots count elsewhere":                       {"al.ice@example.com", "al.ice@example.com"},
		"dots of Gmail are dropped":                  {"a.l.i.c.e@gmail.com", "alice@gmail.com"},
		"Gmail under its other name":                 {"Al.Ice+x.y@GoogleMail.com", "alice@gmail.com"},
		"a subdomain of Gmail is not Gmail":          {"al.ice@mail.gmail.com", "al.ice@mail.gmail.com"},
		"a domain that ends like Gmail is not Gmail": {"al.ice@notgmail.com", "al.ice@notgmail.com"},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := user.ParseEmail(c.typed)
			if err != nil {
				t.Fatal(err)
			}
			if got := user.MailboxKey(id.Value); got != c.want {
				t.Errorf("MailboxKey(%q) = %q, want %q", id.Value, got, c.want)
			}
			if again := user.MailboxKey(user.MailboxKey(id.Value)); again != c.want {
				t.Errorf("the key of the key is %q", again)
			}
		})
	}
}

func TestDomain(t *testing.T) {
	for email, want := range map[string]string{
		"alice@example.com": "example.com", "a@b@example.com": "example.com", "": "", "example.com": "example.com", "a@": "",
	} {
		if got := user.Domain(email); got != want {
			t.Errorf("Domain(%q) = %q, want %q", email, got, want)
		}
	}
}
