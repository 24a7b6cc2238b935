package apikey_test

import (
	"net/http"
	"testing"

	"github.com/crafteasy/auth/audit"
)

// TestAWrongKeyIsAnEvent: the event of a refused key says whose it is and why, which the answer does not.
func TestAWrongKeyIsAnEvent(t *testing.T) {
	e := open(t)
	held, other := e.create(""), e.create("")
	e.Events.Take()
	if a := e.swap(credential{held.id, held.code, other.key}); a.status != http.StatusUnauthorized {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	events := e.Events.Take()
	if len(events) != 1 {
		t.Fatalf("got %+v", events)
	}
	ev := events[0]
	if ev.Name != "apikey.use" || ev.Outcome != audit.Failure || ev.Code != "invalid_api_key" || ev.Reason == "" || ev.UserID != e.owner.ID || ev.Actor != held.id {
		t.Errorf("got %+v", ev)
	}
}
