package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestCloseWaitsForWhatHasBegun: a server does not wait for a request whose client has reset the stream, nor for one behind
// [http.TimeoutHandler]; its message leaves all the same.
func TestCloseWaitsForWhatHasBegun(t *testing.T) {
	authtest.Keys() // made outside, where time is not counted
	synctest.Test(t, func(t *testing.T) {
		s := authtest.New(t, auth.Config{SignUp: true})
		held := make(chan struct{})
		s.Faults.Inject(authtest.Fault{On: "kv.Set", Times: 1, Do: authtest.Pause, Before: func() { <-held }})
		h := http.TimeoutHandler(s.Handler(), time.Second, "")
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth/login/email", strings.NewReader(`{"email":"ada@example.com"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusServiceUnavailable {
			t.Fatalf("answers %d %s", w.Code, w.Body)
		}
		closed := make(chan error, 1)
		go func() { closed <- s.Close(t.Context()) }()
		synctest.Wait()
		if len(closed) != 0 {
			t.Error("it is closed while a request is under way")
		}
		close(held)
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if got := s.Inbox.Messages(); len(got) != 1 {
			t.Errorf("%d messages were sent", len(got))
		}
	})
}

// TestCloseGivesUp: what does not end is not waited for longer than there is time.
func TestCloseGivesUp(t *testing.T) {
	authtest.Keys() // made outside, where time is not counted
	synctest.Test(t, func(t *testing.T) {
		s := authtest.New(t, auth.Config{SignUp: true})
		held := make(chan struct{})
		defer close(held)
		s.Faults.Inject(authtest.Fault{On: "kv.Set", Times: 1, Do: authtest.Pause, Before: func() { <-held }})
		go func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth/login/email", strings.NewReader(`{"email":"ada@example.com"}`))
			r.Header.Set("Content-Type", "application/json")
			s.Handler().ServeHTTP(httptest.NewRecorder(), r)
		}()
		synctest.Wait()
		brief, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(brief); err == nil {
			t.Error("nothing says that a request is under way")
		}
	})
}
