package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
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

// TestVerbsOfTheHostNameIt: what the host ends in a job of its own is not said of a stranger, and within a request it is its caller's.
func TestVerbsOfTheHostNameIt(t *testing.T) {
	s := authtest.New(t, auth.Config{})
	ada, root := s.Put(user.User{Email: "ada@example.com"}), s.Put(user.User{Email: "root@example.com"})
	verbs := func(ctx context.Context) {
		for _, err := range []error{s.EndSessions(ctx, ada.ID), s.EndEverything(ctx)} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	token := s.SignIn(root)
	s.Events.Take()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("X-Api-Key", token)
	s.RequireAuth(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { verbs(r.Context()) })).ServeHTTP(httptest.NewRecorder(), r)
	verbs(t.Context())
	var got []string
	for _, e := range s.Events.Take() {
		got = append(got, e.Name+" "+e.Actor)
	}
	want := []string{"session.end_all " + root.ID, "session.end_everything " + root.ID, "session.end_all host", "session.end_everything host"}
	if !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}
