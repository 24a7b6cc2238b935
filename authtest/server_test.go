package authtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

func TestSignIn(t *testing.T) {
	tests := []struct {
		name   string
		config auth.Config
		u      user.User
		typ    jwt.TokenType
		method string
	}{
		{"by mail", auth.Config{}, user.User{Email: "ada@example.com"}, jwt.TypeUser, "email_otp"},
		{"by mail in another spelling", auth.Config{}, user.User{Email: " Ada@Example.COM"}, jwt.TypeUser, "email_otp"},
		{"by SMS", auth.Config{}, user.User{Phone: "+46 70 123 45 67"}, jwt.TypeUser, "sms_otp"},
		{"in a namespace", auth.Config{Namespace: "n"}, user.User{Email: "ada@example.com"}, jwt.TypeUser, "email_otp"},
		{
			"with a second factor owed",
			auth.Config{RequireSecondFactor: func(user.User) bool { return true }},
			user.User{Email: "ada@example.com"},
			jwt.TypePreAuth, "email_otp",
		},
		{"below another path", auth.Config{Path: "/id"}, user.User{Email: "ada@example.com"}, jwt.TypeUser, "email_otp"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New(t, tt.config)
			tt.u.TenantID, tt.u.Name = "acme", "Ada"
			token := s.SignIn(tt.u)
			service, err := jwt.New(s.Config.Keys, jwt.Options{Issuer: s.Config.Issuer, Audience: audience(tt.config), Secret: s.Config.Secret, Now: s.Clock.Now})
			if err != nil {
				t.Fatal(err)
			}
			p, err := service.Verify(token)
			if err != nil {
				t.Fatal(errors.Unwrap(err))
			}
			if p.TokenType != tt.typ || p.TenantID != "acme" || p.UserName != "Ada" || p.Scope != jwt.ScopeTenant || !p.HasMethod(tt.method) {
				t.Errorf("payload %+v", p)
			}
		})
	}
}

func audience(c auth.Config) string {
	if c.Namespace != "" {
		return "https://auth.example/" + c.Namespace
	}
	return ""
}

func TestPutKeepsTheAccount(t *testing.T) {
	s := New(t, auth.Config{})
	first, again := s.Put(user.User{Email: "ada@example.com"}), s.Put(user.User{Email: "ada@example.com", TenantID: "acme"})
	if first.ID != again.ID || first.ID == "" {
		t.Errorf("ids %q and %q", first.ID, again.ID)
	}
}

func TestManySignInsReachNoLimit(t *testing.T) {
	s := New(t, auth.Config{})
	seen := map[string]bool{}
	for range 70 {
		seen[s.SignIn(user.User{Email: "ada@example.com"})] = true
	}
	if len(seen) != 70 {
		t.Errorf("%d different tokens", len(seen))
	}
}

func TestTwinIsTheSameService(t *testing.T) {
	s := New(t, auth.Config{})
	twin := s.Twin()
	ada := s.Put(user.User{Email: "ada@example.com"})
	token := s.SignIn(ada)
	if _, err := twin.Authenticate(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if err := twin.EndSessions(t.Context(), ada.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(t.Context(), token); err == nil {
		t.Error("a session that was ended on the twin lives on")
	}
}

func TestOwnUsers(t *testing.T) {
	own := memstore.New(nil)
	s := New(t, auth.Config{Users: own.Users(), SignUp: true})
	if s.SignIn(user.User{Email: "ada@example.com"}) == "" {
		t.Error("no token")
	}
	if _, err := own.Users().Find(t.Context(), user.Identifier{Kind: user.Email, Value: "ada@example.com"}); err != nil {
		t.Error(err)
	}
}

// fatal is a TB whose end of the test can be seen.
type fatal struct{ said string }

func (f *fatal) Helper()        {}
func (f *fatal) Cleanup(func()) {}
func (f *fatal) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
}

// TestWhoIsInNoTable: to whom no code would be sent, it is not waited for.
func TestWhoIsInNoTable(t *testing.T) {
	end := &fatal{}
	s := New(end, auth.Config{Users: memstore.New(nil).Users()})
	t.Cleanup(func() { _ = s.Close(t.Context()) })
	s.SignIn(user.User{Phone: "+46 70 123 45 67"})
	if want := "authtest: no code would be sent to +46 70 123 45 67, whom Config.Users does not find: "; !strings.HasPrefix(end.said, want) {
		t.Errorf("said %q, want %q", end.said, want)
	}
}

func TestInboxGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, end := NewInbox(), &fatal{}
		_ = b.SendEmail(t.Context(), sender.Message{To: "bob@example.com", Purpose: sender.Notice})
		b.Code(end, "bob@example.com")
		if want := "authtest: no message to bob@example.com came; the inbox holds a notice to bob@example.com"; end.said != want {
			t.Errorf("said %q, want %q", end.said, want)
		}
	})
}

func TestInboxWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewInbox()
		go func() {
			time.Sleep(time.Second)
			_ = b.SendEmail(t.Context(), sender.Message{To: "ada@example.com", Code: "1"})
			_ = b.SendSMS(t.Context(), sender.Message{To: "ada@example.com", Code: "2"})
		}()
		if a, c := b.Code(t, "ada@example.com"), b.Code(t, "ada@example.com"); a != "1" || c != "2" {
			t.Errorf("codes %q, %q", a, c)
		}
	})
}

func TestSenders(t *testing.T) {
	b, boom := NewInbox(), errors.New("boom")
	if err := Refusing(boom).SendSMS(t.Context(), sender.Message{}); !errors.Is(err, boom) {
		t.Error(err)
	}
	every := EveryOther(b, boom)
	for i := range 4 {
		if err := every.SendEmail(t.Context(), sender.Message{}); errors.Is(err, boom) != (i%2 == 0) {
			t.Errorf("message %d: %v", i, err)
		}
	}
	if n := len(b.Messages()); n != 2 {
		t.Errorf("%d messages arrived", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stall := NewStall(b)
	done := make(chan error)
	go func() { done <- stall.SendEmail(ctx, sender.Message{}) }()
	<-stall.Waiting()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	go func() { done <- stall.SendSMS(t.Context(), sender.Message{}) }()
	<-stall.Waiting()
	stall.Release()
	if err := <-done; err != nil || len(b.Messages()) != 3 {
		t.Error(err, len(b.Messages()))
	}
}
