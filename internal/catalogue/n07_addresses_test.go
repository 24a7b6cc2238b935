package catalogue

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/crafteasy/auth"
)

// TestN07_AddressAfterAddress: one account cannot have messages sent to everybody, nor use up what all may be sent in a day.
func TestN07_AddressAfterAddress(t *testing.T) {
	each(t, auth.Config{Limits: auth.Limits{RecipientPerDay: 4}}, func(t *testing.T, e *env) {
		token := e.login(ada)
		for i := range 4 {
			e.post("/auth/me/identifiers", fmt.Sprintf(`{"email":"someone%d@example.com"}`, i), key(token)).want(t, http.StatusOK, "")
		}
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer {
			return e.post("/auth/me/identifiers", `{"email":"onemore@example.com"}`, key(token))
		})
		e.post("/auth/me/identifiers", `{"email":"mine@example.com"}`, key(e.login(bob))).want(t, http.StatusOK, "")
	})
}

// TestS05_LogoutAgainWritesNothing: a token that is over can be presented for good, and costs no room.
func TestS05_LogoutAgainWritesNothing(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		user, service, expired := e.login(ada), e.service(e.account(ada)), e.service(e.account(ada))
		for name, token := range map[string]string{"a user token": user, "a service token": service} {
			e.logout(token)
			e.Faults.Forget()
			for range 3 {
				e.logout(token)
			}
			if n := e.Faults.Count("sessions.Revoke"); n != 0 {
				t.Errorf("%s: %d revocations were written", name, n)
			}
		}
		e.Clock.Advance(2 * time.Hour)
		e.Faults.Forget()
		e.logout(expired)
		if n := e.Faults.Count("sessions.Revoke"); n != 0 {
			t.Errorf("a service token that is over by itself: %d revocations were written", n)
		}
	})
}
