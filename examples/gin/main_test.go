package main

import (
	"testing"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil/guards"
)

// TestGuards signs in over HTTP and looks at what each guard lets through.
func TestGuards(t *testing.T) {
	inbox := authtest.NewInbox()
	h, err := newServer(inbox)
	if err != nil {
		t.Fatal(err)
	}
	guards.Check(t, h, func() string { return inbox.Code(t, "ada@example.com") })
}
