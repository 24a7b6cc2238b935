package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crafteasy/auth/session"
)

var recordFlaws = []flaw[session.Store]{
	{"a field is not kept", withRecords(func(n *session.Session) { n.UserAgent = "" }), []string{
		"a session comes back the same in every field, from Load and from List", "what Rotate stores comes back the same in every field",
	}},
	{"a field of the token is not kept", withRecords(func(n *session.Session) { n.Token.AAL = 0 }), []string{
		"a session comes back the same in every field, from Load and from List",
	}},
	{"claims are flattened", withRecords(func(n *session.Session) {
		n.Token.Extra = maps.Clone(n.Token.Extra)
		delete(n.Token.Extra, "list")
	}), []string{
		"a session comes back the same in every field, from Load and from List",
	}},
	{"numbers are kept as floats", withRecords(func(n *session.Session) { n.Token.Epoch = int64(float64(n.Token.Epoch)) }), []string{
		"a session comes back the same in every field, from Load and from List",
	}},
	{"Rotate keeps what was", withSessions(func(s session.Store, f *faultySessions) {
		f.rotate = func(ctx context.Context, from string, next session.Session) (bool, error) {
			if held, _, err := s.Load(ctx, next.UserID, next.ID, ""); err == nil {
				next.Token.Extra = held.Token.Extra
			}
			return s.Rotate(ctx, from, next)
		}
	}), []string{"what Rotate stores comes back the same in every field"}},
	{"List leaves out claims", withSessions(func(s session.Store, f *faultySessions) {
		f.list = func(ctx context.Context, userID string, limit int) ([]session.Session, error) {
			list, err := s.List(ctx, userID, limit)
			for i := range list {
				list[i].Token.Extra = nil
			}
			return list, err
		}
	}), []string{"a session comes back the same in every field, from Load and from List"}},
	{"a time that is not set becomes 1970", withRecords(func(n *session.Session) {
		if n.RotatedAt.IsZero() {
			n.RotatedAt = time.Unix(0, 0)
		}
	}), []string{"what is empty comes back empty"}},
	{"times are kept in seconds", withRecords(func(n *session.Session) { n.RotatedAt = n.RotatedAt.Truncate(time.Second) }), []string{
		"times come back in UTC and exact to the millisecond",
	}},
	{"times come back in another zone", withSessions(func(s session.Store, f *faultySessions) {
		f.state = func(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
			st, err := s.State(ctx, userID, sessionID, tokenID)
			if !st.TokenEnd.IsZero() {
				st.TokenEnd = st.TokenEnd.In(time.FixedZone("here", 3600))
			}
			return st, err
		}
	}), []string{"times come back in UTC and exact to the millisecond"}},
	{"text is repaired to UTF-8", withRecords(func(n *session.Session) { n.UserAgent = strings.ToValidUTF8(n.UserAgent, "\uFFFD") }), []string{
		"text of any bytes comes back as it is",
	}},
	{"sessions are found by their id alone", withSessions(func(s session.Store, f *faultySessions) {
		var known owners
		f.create = func(ctx context.Context, n session.Session) error { known.note(n); return s.Create(ctx, n) }
		f.load = func(ctx context.Context, _, id, tokenID string) (session.Session, session.State, error) {
			return s.Load(ctx, known.all()[id], id, tokenID)
		}
	}), []string{"what is not there is ErrNotFound, and another user's is not there"}},
	{"what is not there is an empty session", withSessions(func(s session.Store, f *faultySessions) {
		f.load = func(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
			held, st, err := s.Load(ctx, userID, id, tokenID)
			if errors.Is(err, session.ErrNotFound) {
				err = nil
			}
			return held, st, err
		}
	}), []string{"what is not there is ErrNotFound, and another user's is not there"}},
	{"sessions are dropped after a day", withSessions(func(s session.Store, f *faultySessions) {
		f.load = func(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
			held, st, err := s.Load(ctx, userID, id, tokenID)
			if err == nil && f.now().Sub(held.CreatedAt) > 24*time.Hour {
				err = session.ErrNotFound
			}
			return held, st, err
		}
	}), []string{"a session is kept until it expires"}},
	{"what comes out is shared", withSessions(func(s session.Store, f *faultySessions) {
		var mu sync.Mutex
		shared := map[string]session.Session{}
		f.load = func(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
			held, st, err := s.Load(ctx, userID, id, tokenID)
			mu.Lock()
			defer mu.Unlock()
			if was, ok := shared[userID+id]; ok && was.Token.TokenID == held.Token.TokenID && err == nil {
				held = was
			}
			shared[userID+id] = held
			return held, st, err
		}
	}), []string{"what goes in and what comes out is not shared with the caller"}},
}

var listFlaws = []flaw[session.Store]{
	{"List answers the oldest first", withList(func(all []session.Session) []session.Session { slices.Reverse(all); return all }), []string{
		"List answers the newest first, in whatever order they came", "List answers at most limit, the newest of them",
	}},
	{"List sorts by the last refresh", withList(func(all []session.Session) []session.Session {
		slices.SortStableFunc(all, func(a, b session.Session) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
		return all
	}), []string{"a refreshed session is listed once, where it was"}},
	{"List takes no notice of limit", withSessions(func(s session.Store, f *faultySessions) {
		f.list = func(ctx context.Context, userID string, _ int) ([]session.Session, error) {
			return s.List(ctx, userID, 1000)
		}
	}), []string{"List answers at most limit, the newest of them"}},
	{"List answers everybody's", withSessions(func(s session.Store, f *faultySessions) {
		var known owners
		f.create = func(ctx context.Context, n session.Session) error { known.note(n); return s.Create(ctx, n) }
		f.list = func(ctx context.Context, _ string, limit int) ([]session.Session, error) {
			var all []session.Session
			for id, userID := range known.all() {
				if held, _, err := s.Load(ctx, userID, id, ""); err == nil {
					all = append(all, held)
				}
			}
			slices.SortFunc(all, func(a, b session.Session) int { return b.CreatedAt.Compare(a.CreatedAt) })
			return all[:min(limit, len(all))], nil
		}
	}), []string{"who has no session lists none, and nobody lists another's"}},
	{"List counts what is gone", withSessions(func(s session.Store, f *faultySessions) {
		var mu sync.Mutex
		index := map[string][]string{} // the newest first
		f.create = func(ctx context.Context, n session.Session) error {
			mu.Lock()
			defer mu.Unlock()
			index[n.UserID] = append([]string{n.ID}, index[n.UserID]...)
			return s.Create(ctx, n)
		}
		f.list = func(ctx context.Context, userID string, limit int) ([]session.Session, error) {
			mu.Lock()
			defer mu.Unlock()
			var list []session.Session
			for _, id := range index[userID][:min(limit, len(index[userID]))] {
				if held, _, err := s.Load(ctx, userID, id, ""); err == nil {
					list = append(list, held)
				}
			}
			return list, nil
		}
	}), []string{"a session that is gone leaves no gap in the list"}},
	{"the list is read, then written", withSessions(func(s session.Store, f *faultySessions) {
		var mu sync.Mutex
		index := map[string][]string{}
		read := func(userID string) []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(index[userID]) }
		f.create = func(ctx context.Context, n session.Session) error {
			ids := read(n.UserID)
			gap()
			mu.Lock()
			defer mu.Unlock()
			index[n.UserID] = append(ids, n.ID)
			return s.Create(ctx, n)
		}
		f.list = func(ctx context.Context, userID string, limit int) ([]session.Session, error) {
			list, err := s.List(ctx, userID, limit)
			known := read(userID)
			return slices.DeleteFunc(list, func(l session.Session) bool { return !slices.Contains(known, l.ID) }), err
		}
	}), []string{"sessions that began together are all listed"}},
}

// withList makes a store that does something to the whole list before it cuts it.
func withList(change func([]session.Session) []session.Session) Open[session.Store] {
	return withSessions(func(s session.Store, f *faultySessions) {
		f.list = func(ctx context.Context, userID string, limit int) ([]session.Session, error) {
			all, err := s.List(ctx, userID, 1000)
			all = change(all)
			return all[:min(limit, len(all))], err
		}
	})
}
