package session

import (
	"context"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
)

// maxPage bounds how many sessions a list looks at.
const maxPage = 100

// List answers the live sessions of the user, the newest first.
func (s *Service) List(ctx context.Context, userID string) ([]Session, error) {
	list, err := s.store.List(ctx, userID, maxPage)
	if err != nil {
		return nil, problem.Unavailable(err)
	}
	state, err := s.store.State(ctx, userID, "", "")
	if err != nil {
		return nil, problem.Unavailable(err)
	}
	now := s.opts.Now()
	live := list[:0]
	for _, sess := range list {
		if !s.idle(sess, now) && now.Before(sess.ExpiresAt) && state.against(&sess.Token, now) == "" {
			live = append(live, sess)
		}
	}
	return live, nil
}

// view is a session as its owner sees it: nothing in it is a credential.
type view struct {
	ID         string   `json:"id"`
	Current    bool     `json:"current"`
	CreatedAt  string   `json:"created_at"`
	LastSeenAt string   `json:"last_seen_at"`
	ExpiresAt  string   `json:"expires_at"`
	OriginApp  string   `json:"origin_app,omitzero"`
	Methods    []string `json:"methods"`
	IP         string   `json:"ip,omitzero"`
	UserAgent  string   `json:"user_agent,omitzero"`
}

func viewOf(sess Session, p *jwt.TokenPayload) view {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	return view{
		ID: sess.ID, Current: sess.ID == p.SessionID,
		CreatedAt: at(sess.CreatedAt), LastSeenAt: at(sess.LastSeenAt), ExpiresAt: at(sess.ExpiresAt),
		OriginApp: sess.OriginApp, Methods: sess.Token.Methods, IP: sess.IP, UserAgent: sess.UserAgent,
	}
}
