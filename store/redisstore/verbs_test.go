package redisstore_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/redisstore"
	"github.com/crafteasy/auth/user"
)

// verb is a call of one verb of one view.
type verb struct {
	name  string
	trips int // round trips on one node
	call  func(ctx context.Context, s *redisstore.Store) error
}

var (
	present  = time.Now().UTC().Truncate(time.Millisecond)
	accounts = user.User{ID: "anna", Name: "Anna", Scope: "tenant", Phone: "+46701234567"}
)

func sample(userID, id string) session.Session {
	return session.Session{
		ID: id, UserID: userID, CreatedAt: present, ExpiresAt: present.Add(24 * time.Hour), LastSeenAt: present,
		Token: jwt.TokenPayload{TokenID: "t", TokenType: jwt.TypeUser, UserID: userID, SessionID: id},
	}
}

// prepare makes what the verbs work on, and teaches the server their scripts.
func prepare(ctx context.Context, s *redisstore.Store) error {
	for range 2 {
		if err := errors.Join(
			s.KV().Set(ctx, "k", []byte("v"), time.Hour), s.KV().Delete(ctx, "new"), s.PutUser(ctx, accounts),
			s.Sessions().DeleteAll(ctx, "anna"), s.Sessions().Create(ctx, sample("anna", "s")), prepareMethods(ctx, s),
		); err != nil {
			return err
		}
		for _, v := range verbs {
			if err := v.call(ctx, s); err != nil {
				return err
			}
		}
	}
	return errors.Join(s.PutUser(ctx, accounts), prepareMethods(ctx, s))
}

// verbs are all verbs, those of the methods' views included. Each works, after [prepare], however often and in whatever order.
var verbs = slices.Concat(baseVerbs, methodVerbs)

var baseVerbs = []verb{
	{"kv.Set", 1, func(ctx context.Context, s *redisstore.Store) error {
		return s.KV().Set(ctx, "k", []byte("v"), time.Hour)
	}},
	{"kv.Add", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.KV().Add(ctx, "new", []byte("v"), time.Hour)
		return err
	}},
	{"kv.Get", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.KV().Get(ctx, "unknown")
		return unless(err, kv.ErrNotFound)
	}},
	{"kv.Take", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.KV().Take(ctx, "k")
		return unless(err, kv.ErrNotFound)
	}},
	{"kv.Count", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, _, err := s.KV().Count(ctx, "n", 1, time.Hour)
		return err
	}},
	{"kv.Delete", 1, func(ctx context.Context, s *redisstore.Store) error { return s.KV().Delete(ctx, "k", "n", "x") }},
	{"users.ByID", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Users().ByID(ctx, "anna")
		return unless(err, user.ErrNotFound)
	}},
	{"users.Find", 2, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Users().Find(ctx, user.Identifier{Kind: user.Phone, Value: accounts.Phone})
		return unless(err, user.ErrNotFound)
	}},
	{"users.Find of nobody", 2, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Users().Find(ctx, user.Identifier{Kind: user.Email, Value: "nobody@example.com"})
		return unless(err, user.ErrNotFound)
	}},
	{"users.Create", 3, func(ctx context.Context, s *redisstore.Store) error {
		made, err := s.Users().Create(ctx, user.NewUser{Identifier: user.Identifier{Kind: user.Email, Value: random()}})
		if err == nil && made.ID == "" {
			err = errors.New("no id")
		}
		return err
	}},
	{"users.SetIdentifier", 5, func(ctx context.Context, s *redisstore.Store) error {
		return unless(s.Users().SetIdentifier(ctx, "anna", user.Identifier{Kind: user.Phone, Value: random()}), user.ErrNotFound)
	}},
	{"sessions.Create", 1, func(ctx context.Context, s *redisstore.Store) error {
		return s.Sessions().Create(ctx, sample("bert", "s"))
	}},
	{"sessions.Load", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, _, err := s.Sessions().Load(ctx, "anna", "s", "t")
		return unless(err, session.ErrNotFound)
	}},
	{"sessions.Rotate", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Sessions().Rotate(ctx, "t", sample("anna", "s"))
		return err
	}},
	{"sessions.List", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Sessions().List(ctx, "anna", 10)
		return err
	}},
	{"sessions.Delete", 1, func(ctx context.Context, s *redisstore.Store) error { return s.Sessions().Delete(ctx, "bert", "s") }},
	{"sessions.DeleteAll", 1, func(ctx context.Context, s *redisstore.Store) error { return s.Sessions().DeleteAll(ctx, "bert") }},
	{"sessions.Revoke", 1, func(ctx context.Context, s *redisstore.Store) error {
		return s.Sessions().Revoke(ctx, session.Revocation{UserID: "anna", SessionID: "s", At: present, Until: present.Add(time.Hour)})
	}},
	{"sessions.State", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Sessions().State(ctx, "anna", "s", "t")
		return err
	}},
	{"sessions.Epoch", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Sessions().Epoch(ctx, "anna", present.UnixMilli())
		return err
	}},
	{"sessions.MoveEpoch", 3, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Sessions().MoveEpoch(ctx, "anna", "", present.UnixMilli())
		return err
	}},
	{"sessions.MoveFloor", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Sessions().MoveFloor(ctx, present.UnixMilli())
		return err
	}},
	{"locks.Lock", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Locks().Lock(ctx, "subject")
		return err
	}},
	{"locks.Swap", 1, func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Locks().Swap(ctx, "subject", abuse.Lock{}, abuse.Lock{Failures: 1, Until: present})
		return err
	}},
	{"locks.Clear", 1, func(ctx context.Context, s *redisstore.Store) error { return s.Locks().Clear(ctx, "subject") }},
	{"PutUser", 2, func(ctx context.Context, s *redisstore.Store) error {
		return s.PutUser(ctx, user.User{ID: "berta", Name: "Berta"})
	}},
	{"SetDisabled", 2, func(ctx context.Context, s *redisstore.Store) error {
		return unless(s.SetDisabled(ctx, "anna", false), user.ErrNotFound)
	}},
	{"DeleteUser", 2, func(ctx context.Context, s *redisstore.Store) error { return s.DeleteUser(ctx, "berta") }},
}

// unless is err, but for one that is an answer.
func unless(err, answer error) error {
	if errors.Is(err, answer) {
		return nil
	}
	return err
}
