package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth/sender"
)

// TestMessages shows every kind, and nothing where a real provider is set.
func TestMessages(t *testing.T) {
	c := start(t, nil)
	status, body := c.call(http.MethodGet, "/dev/messages", "", nil)
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	for _, k := range sender.Kinds() {
		if !strings.Contains(string(body), "<h2>"+string(k)+"</h2>") {
			t.Errorf("%s is not shown", k)
		}
	}
	mailing := start(t, map[string]string{"SMTP_URL": "smtp://127.0.0.1:1?from=a@example.com&insecure_no_tls=test"})
	if status, _ := mailing.call(http.MethodGet, "/dev/messages", "", nil); status != http.StatusNotFound {
		t.Errorf("beside a real mail server: %d", status)
	}
}
