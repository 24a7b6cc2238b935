package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil/caller"
	"github.com/crafteasy/auth/user"
)

func table() *accounts {
	return &accounts{rows: map[int]account{
		1001: {Number: 1001, Name: "Ada Lovelace", Mail: "Ada@Example.com", Company: "acme"},
		1002: {Number: 1002, Name: "Grace Hopper", Mail: "grace@example.com", Mobile: "+46 70 123 45 67", Company: "navy", Admin: true},
	}}
}

type client struct {
	t    *testing.T
	base string
}

func (c client) call(method, path, token, body string) (int, string) {
	c.t.Helper()
	status, answer := caller.Call(c.t, method, c.base+path, token, body)
	return status, strings.TrimSpace(answer)
}

func (c client) signIn(inbox *authtest.Inbox, mail string) string {
	c.t.Helper()
	if status, body := c.call("POST", "/auth/login/email", "", `{"email":"`+mail+`"}`); status != http.StatusOK {
		c.t.Fatalf("asking for a code: %d %s", status, body)
	}
	status, body := c.call("POST", "/auth/login/verify", "", `{"target":"`+mail+`","code":"`+inbox.Code(c.t, mail)+`"}`)
	var in struct{ Token string }
	if err := json.Unmarshal([]byte(body), &in); err != nil || status != http.StatusOK {
		c.t.Fatalf("sign-in: %d %s", status, body)
	}
	return in.Token
}

// TestExisting signs people of the existing table in, behind the existing router.
func TestExisting(t *testing.T) {
	inbox := authtest.NewInbox()
	h, err := newHandler(table(), inbox)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c := client{t, s.URL}

	if status, _ := c.call("GET", "/", "", ""); status != http.StatusOK {
		t.Errorf("the open page answers %d", status)
	}
	if status, _ := c.call("GET", "/me", "", ""); status != http.StatusUnauthorized {
		t.Errorf("the guarded page answers a stranger %d", status)
	}
	ada, grace := c.signIn(inbox, "ada@example.com"), c.signIn(inbox, "grace@example.com")
	if status, body := c.call("GET", "/me", ada, ""); body != "C-1001 of acme, signed in by [email_otp]" {
		t.Errorf("me: %d %s", status, body)
	}
	if status, body := c.call("POST", "/customers/C-1002/lock", ada, ""); status != http.StatusForbidden || !strings.Contains(body, "insufficient_scope") {
		t.Errorf("a customer locks another: %d %s", status, body)
	}
	if status, body := c.call("POST", "/customers/C-1001/lock", grace, ""); status != http.StatusNoContent {
		t.Errorf("lock: %d %s", status, body)
	}
	if status, _ := c.call("GET", "/me", ada, ""); status != http.StatusUnauthorized {
		t.Errorf("who was locked is let in: %d", status)
	}
	if status, _ := c.call("GET", "/me", grace, ""); status != http.StatusOK {
		t.Errorf("the lock took somebody else with it: %d", status)
	}
}

// TestTable is what the library relies on.
func TestTable(t *testing.T) {
	mine, ctx := table(), t.Context()
	mail := func(s string) user.Identifier {
		id, err := user.ParseEmail(s)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	if u, err := mine.Find(ctx, mail("ADA@example.com")); err != nil || u.ID != "C-1001" {
		t.Errorf("found %v, %v", u, err)
	}
	if _, err := mine.Find(ctx, mail("nobody@example.com")); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := mine.ByID(ctx, "C-1"); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("no id: %v", err)
	}
	if _, err := mine.Create(ctx, user.NewUser{Identifier: mail("ada@example.com")}); !errors.Is(err, user.ErrExists) {
		t.Errorf("a second ada: %v", err)
	}
	u, err := mine.Create(ctx, user.NewUser{Identifier: mail("new@example.com")})
	if err != nil || u.Email != "new@example.com" {
		t.Errorf("created %v, %v", u, err)
	}
	if err := mine.SetIdentifier(ctx, "C-1001", mail("grace@example.com")); !errors.Is(err, user.ErrExists) {
		t.Errorf("taking grace's: %v", err)
	}
	if err := mine.SetIdentifier(ctx, "C-1001", mail("ada@example.org")); err != nil {
		t.Error(err)
	}
	if _, err := mine.Find(ctx, mail("ada@example.com")); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("the old address is still taken: %v", err)
	}
	if err := mine.SetIdentifier(ctx, "C-1", mail("x@example.org")); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("no id: %v", err)
	}
}
