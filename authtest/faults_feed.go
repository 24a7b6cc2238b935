package authtest

import (
	"context"

	"github.com/crafteasy/auth/session"
)

// faultyFeed is a faultySessions whose store tells of changes.
type faultyFeed struct {
	*faultySessions

	feed session.Feed
}

func (s *faultyFeed) Changes(ctx context.Context, after session.Cursor) (session.Changes, error) {
	return serve(ctx, s.f, "sessions.Changes", string(after), session.Changes{}, func() (session.Changes, error) {
		return s.feed.Changes(ctx, after)
	})
}

// sessions puts the faults before a store, which stays a feed where it is one.
func (f *Faults) sessions(s session.Store) session.Store {
	faulty := &faultySessions{s, f}
	if feed, ok := s.(session.Feed); ok {
		return &faultyFeed{faulty, feed}
	}
	return faulty
}
