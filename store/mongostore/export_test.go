package mongostore

import "github.com/crafteasy/auth/session"

// SessionDocument is what Create stores of a session.
func (s *Store) SessionDocument(n session.Session) (any, error) {
	return (&sessions{s.table(sessionsTable)}).doc(n)
}
