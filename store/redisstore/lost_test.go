package redisstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/redisstore"
)

// deaf loses answers: what was sent has been done by then, and the connection breaks.
type deaf struct {
	net.Conn
	lose *atomic.Int32
}

func (d deaf) Read(b []byte) (int, error) {
	n, err := d.Conn.Read(b)
	if err == nil && d.lose.Load() > 0 && d.lose.Add(-1) >= 0 {
		_ = d.Close()
		return 0, io.EOF
	}
	return n, err
}

// losing answers a store whose client tries as hard as a client may, and the number of answers that it is about to lose.
func losing(t *testing.T) (*redisstore.Store, *atomic.Int32) {
	t.Helper()
	lose := new(atomic.Int32)
	rdb := closed(t, redis.NewClient(&redis.Options{
		Addr: testutil.RedisServer(t), ContextTimeoutEnabled: true, MaxRetries: 5,
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			c, err := d.DialContext(ctx, network, addr)
			return deaf{c, lose}, err
		},
	}))
	return empty(rdb, nil), lose
}

// TestLostAnswer: a command that changes something is not sent again when its answer is lost, since it may have been done.
func TestLostAnswer(t *testing.T) {
	tests := []struct {
		name string
		call func(ctx context.Context, s *redisstore.Store) error
		want func(ctx context.Context, s *redisstore.Store) error // what is true after it was done once
	}{
		{"a hit is counted once", func(ctx context.Context, s *redisstore.Store) error {
			_, _, err := s.KV().Count(ctx, "n", 1, time.Hour)
			return err
		}, func(ctx context.Context, s *redisstore.Store) error {
			n, _, err := s.KV().Count(ctx, "n", 0, time.Hour)
			return is(err, n == 2) // one from before
		}},
		{"a refund is made once", func(ctx context.Context, s *redisstore.Store) error {
			_, _, err := s.KV().Count(ctx, "many", -1, time.Hour)
			return err
		}, func(ctx context.Context, s *redisstore.Store) error {
			n, _, err := s.KV().Count(ctx, "many", 0, time.Hour)
			return is(err, n == 9)
		}},
		{"a value that was taken is not said to be unknown", func(ctx context.Context, s *redisstore.Store) error {
			_, err := s.KV().Take(ctx, "k")
			return err
		}, func(ctx context.Context, s *redisstore.Store) error {
			_, err := s.KV().Get(ctx, "k")
			return is(nil, errors.Is(err, kv.ErrNotFound))
		}},
		{"a mark that was set is not said to be another's", func(ctx context.Context, s *redisstore.Store) error {
			_, err := s.KV().Add(ctx, "mark", nil, time.Hour)
			return err
		}, func(ctx context.Context, s *redisstore.Store) error {
			_, err := s.KV().Get(ctx, "mark")
			return err
		}},
		{"a refresh that won is not said to have lost", func(ctx context.Context, s *redisstore.Store) error {
			next := sample("anna", "s")
			next.Token.TokenID = "next"
			_, err := s.Sessions().Rotate(ctx, "t", next)
			return err
		}, func(ctx context.Context, s *redisstore.Store) error {
			held, _, err := s.Sessions().Load(ctx, "anna", "s", "")
			return is(err, held.Token.TokenID == "next")
		}},
		{"several values that were deleted are not deleted again", func(ctx context.Context, s *redisstore.Store) error {
			return s.KV().Delete(ctx, "k", "mark")
		}, func(context.Context, *redisstore.Store) error { return nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, lose := losing(t)
			if err := prepare(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(
				s.KV().Set(t.Context(), "k", []byte("v"), time.Hour), s.KV().Delete(t.Context(), "n", "many"),
				second(s.KV().Count(t.Context(), "n", 1, time.Hour)), second(s.KV().Count(t.Context(), "many", 10, time.Hour)),
				s.Sessions().DeleteAll(t.Context(), "anna"), s.Sessions().Create(t.Context(), sample("anna", "s")),
			); err != nil {
				t.Fatal(err)
			}
			lose.Store(1)
			err := tt.call(t.Context(), s)
			if err == nil || errors.Is(err, kv.ErrNotFound) || errors.Is(err, session.ErrNotFound) {
				t.Errorf("got %v, want an error that says nothing about what was done", err)
			}
			if err := tt.want(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLostAnswerOfARead: what changes nothing is tried once more, since a server that was restarted costs each connection
// one failure.
func TestLostAnswerOfARead(t *testing.T) {
	s, lose := losing(t)
	if err := prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, v := range verbs {
		switch v.name {
		case "kv.Get", "users.ByID", "sessions.Load", "sessions.State", "sessions.Epoch", "locks.Lock":
			lose.Store(1)
			if err := v.call(t.Context(), s); err != nil {
				t.Errorf("%s: %v", v.name, err)
			}
		}
	}
}

func is(err error, ok bool) error {
	if err == nil && !ok {
		return errors.New("it was not done once")
	}
	return err
}

func second(_ int64, _ time.Duration, err error) error { return err }
