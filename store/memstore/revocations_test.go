package memstore_test

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
)

// TestRevoke_IsKeptForTheLongerLife: of two lives of one revocation the longer one holds, however much is swept meanwhile.
func TestRevoke_IsKeptForTheLongerLife(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	s := memstore.New(&memstore.Options{Now: func() time.Time { return now }}).Sessions()
	revoke := func(id string, life time.Duration) {
		t.Helper()
		if err := s.Revoke(t.Context(), session.Revocation{UserID: "u", SessionID: id, At: now, Until: now.Add(life)}); err != nil {
			t.Fatal(err)
		}
	}
	revoke("s", time.Minute)
	revoke("s", time.Hour)
	now = now.Add(time.Minute + time.Second)
	for range 10 {
		revoke("other", time.Second)
	}
	st, err := s.State(t.Context(), "u", "s", "")
	if err != nil || st.SessionEnd.IsZero() {
		t.Errorf("after a minute the revocation is forgotten: %+v, %v", st, err)
	}
}
