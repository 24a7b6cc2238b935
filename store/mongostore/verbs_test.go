package mongostore_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/user"
)

// verb is a call of a view with x as every id in it.
type verb struct {
	name string
	run  func(ctx context.Context, s *mongostore.Store, x string) error
	// trips is how many commands it sends for an x that the store holds, as prepare leaves it.
	trips int
}

func ignore[V any](_ V, err error) error { return err }

func email(x string) user.Identifier { return user.Identifier{Kind: user.Email, Value: x} }

func sessionOf(x, token string) session.Session {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return session.Session{
		ID: x, UserID: x, CreatedAt: now, ExpiresAt: now.Add(time.Hour), LastSeenAt: now, OriginApp: x, IP: "192.0.2.1", UserAgent: x,
		Token: jwt.TokenPayload{TokenID: token, UserID: x, SessionID: x, Methods: []string{"email_otp"}, Extra: map[string]any{"a": "b"}},
	}
}

// prepare makes the store hold x in every view.
func prepare(ctx context.Context, s *mongostore.Store, x string) error {
	for _, err := range []error{
		s.KV().Set(ctx, x, []byte("v"), time.Hour),
		ignore2(s.KV().Count(ctx, x, 5, time.Hour)),
		s.PutUser(ctx, user.User{ID: x, Email: "alice@example.com"}),
		ignore(s.Sessions().Epoch(ctx, x, 1)),
		s.Sessions().Create(ctx, sessionOf(x, x)),
		ignore(s.Sessions().MoveEpoch(ctx, x, x, 1)),
		ignore(s.Locks().Swap(ctx, x, abuse.Lock{}, abuse.Lock{Failures: 1})),
		prepareMethods(ctx, s, x),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func ignore2[V, W any](_ V, _ W, err error) error { return err }

// verbs are all verbs, those of the methods' views included.
var verbs = slices.Concat(baseVerbs, methodVerbs)

var baseVerbs = []verb{
	{"KV.Get", func(ctx context.Context, s *mongostore.Store, x string) error { return ignore(s.KV().Get(ctx, x)) }, 1},
	{"KV.Add", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.KV().Add(ctx, x, nil, time.Hour))
	}, 2},
	{"KV.Count", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore2(s.KV().Count(ctx, x, 1, time.Hour))
	}, 1},
	{"KV.Count 0", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore2(s.KV().Count(ctx, x, 0, time.Hour))
	}, 1},
	{"KV.Count -1", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore2(s.KV().Count(ctx, x, -1, time.Hour))
	}, 1},
	{"KV.Set", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.KV().Set(ctx, x, []byte("v"), time.Hour)
	}, 1},
	{"KV.Take", func(ctx context.Context, s *mongostore.Store, x string) error { return ignore(s.KV().Take(ctx, x)) }, 1},
	{"KV.Delete", func(ctx context.Context, s *mongostore.Store, x string) error { return s.KV().Delete(ctx, x, x+x) }, 1},

	{"Users.ByID", func(ctx context.Context, s *mongostore.Store, x string) error { return ignore(s.Users().ByID(ctx, x)) }, 1},
	{"Users.Find", func(ctx context.Context, s *mongostore.Store, _ string) error {
		return ignore(s.Users().Find(ctx, email("alice@example.com")))
	}, 2},
	{"Users.Find of nobody", func(ctx context.Context, s *mongostore.Store, _ string) error {
		if _, err := s.Users().Find(ctx, email("nobody@example.com")); !errors.Is(err, user.ErrNotFound) {
			return err
		}
		return nil
	}, 2},
	{"Users.Create", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Users().Create(ctx, user.NewUser{Identifier: email(x + " new"), Name: x}))
	}, 3},
	{"Users.SetIdentifier", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.Users().SetIdentifier(ctx, x, email(x))
	}, 5},

	{"Sessions.Create", func(ctx context.Context, s *mongostore.Store, x string) error {
		n := sessionOf(x, x)
		n.ID += " new"
		return s.Sessions().Create(ctx, n)
	}, 1},
	{"Sessions.Load", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore2(s.Sessions().Load(ctx, x, x, x))
	}, 1},
	{"Sessions.State", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Sessions().State(ctx, x, x, x))
	}, 1},
	{"Sessions.List", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Sessions().List(ctx, x, 2)) // as many as there are
	}, 1},
	{"Sessions.Rotate", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Sessions().Rotate(ctx, x, sessionOf(x, "next")))
	}, 1},
	{"Sessions.Revoke", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.Sessions().Revoke(ctx, session.Revocation{UserID: x, SessionID: x, At: time.Now(), Until: time.Now().Add(time.Hour)})
	}, 1},
	{"Sessions.Epoch", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Sessions().Epoch(ctx, x, 1))
	}, 1},
	{"Sessions.MoveEpoch", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Sessions().MoveEpoch(ctx, x, x, time.Now().UnixMilli()))
	}, 3},
	{"Sessions.MoveFloor", func(ctx context.Context, s *mongostore.Store, _ string) error {
		return ignore(s.Sessions().MoveFloor(ctx, time.Now().Add(time.Minute).UnixMilli()))
	}, 2},
	{"Sessions.Delete", func(ctx context.Context, s *mongostore.Store, x string) error { return s.Sessions().Delete(ctx, x, x) }, 1},
	{"Sessions.DeleteAll", func(ctx context.Context, s *mongostore.Store, x string) error { return s.Sessions().DeleteAll(ctx, x) }, 1},

	{"Locks.Lock", func(ctx context.Context, s *mongostore.Store, x string) error { return ignore(s.Locks().Lock(ctx, x)) }, 1},
	{"Locks.Swap", func(ctx context.Context, s *mongostore.Store, x string) error {
		return ignore(s.Locks().Swap(ctx, x, abuse.Lock{Failures: 1}, abuse.Lock{Failures: 2}))
	}, 1},
	{"Locks.Clear", func(ctx context.Context, s *mongostore.Store, x string) error { return s.Locks().Clear(ctx, x) }, 1},

	{"PutUser", func(ctx context.Context, s *mongostore.Store, x string) error {
		return s.PutUser(ctx, user.User{ID: x, Name: x, Email: "bob@example.com", Phone: "+46701234567"})
	}, 6},
	{"SetDisabled", func(ctx context.Context, s *mongostore.Store, x string) error { return s.SetDisabled(ctx, x, true) }, 2},
	{"DeleteUser", func(ctx context.Context, s *mongostore.Store, x string) error { return s.DeleteUser(ctx, x) }, 5},
}
