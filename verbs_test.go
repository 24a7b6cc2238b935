package auth_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// TestForgetTellsWhatIsDone: the owner hears that everything is erased when it is, and not when some of it is still there.
func TestForgetTellsWhatIsDone(t *testing.T) {
	for view, want := range map[string]int{"": 1, "sessions.DeleteAll": 0, "apikeys.DeleteAll": 0} {
		s := authtest.New(t, auth.Config{})
		ada := s.Put(user.User{Email: "ada@example.com"})
		if view != "" {
			s.Faults.Inject(authtest.Fault{On: view})
		}
		err := s.Forget(t.Context(), ada.ID)
		if p, ok := errors.AsType[*auth.Problem](err); (want == 0) != (ok && p.Status() == http.StatusServiceUnavailable) {
			t.Errorf("%q fails: %v", view, err)
		}
		s.Drain()
		if got := s.Inbox.Messages(); len(got) != want {
			t.Errorf("%q fails: the owner is told %v", view, got)
		}
	}
}
