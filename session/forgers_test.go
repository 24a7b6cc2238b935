package session_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/internal/turns"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
)

// TestForgersWaitForOneAnother takes the place of a forger and presents a token: a forged one waits for the place, without the turn of
// its request, and is refused then. A genuine one does not wait, whether its time is over or not.
func TestForgersWaitForOneAnother(t *testing.T) {
	same := func(_ *hot, token string) string { return token }
	flipped := func(h *hot, token string) string {
		h.passes(t, token)
		return token[:len(token)-20] + map[bool]string{true: "B", false: "A"}[token[len(token)-20] == 'A'] + token[len(token)-19:]
	}
	unsigned := func(_ *hot, token string) string { return token[:len(token)-200] + "AAAA" + token[len(token)-196:] }
	expired := func(h *hot, token string) string {
		h.advance(time.Hour)
		return token
	}
	for name, tt := range map[string]struct {
		present func(s *session.Service, ctx context.Context, token string) (*jwt.TokenPayload, error)
		token   func(h *hot, genuine string) string
		waits   bool
		want    error
	}{
		"a live token":                                    {(*session.Service).Authenticate, same, false, nil},
		"an expired token":                                {(*session.Service).Authenticate, expired, false, session.ErrInvalidToken},
		"no token":                                        {(*session.Service).Authenticate, func(*hot, string) string { return "x" }, true, session.ErrInvalidToken},
		"a token without a valid mac":                     {(*session.Service).Authenticate, unsigned, true, session.ErrInvalidToken},
		"a seen token with another signature":             {(*session.Service).Authenticate, flipped, true, session.ErrInvalidToken},
		"an expired token, for signing out":               {(*session.Service).Genuine, expired, false, nil},
		"a token without a valid mac, for signing out":    {(*session.Service).Genuine, unsigned, true, session.ErrInvalidToken},
		"a seen token, otherwise signed, for signing out": {(*session.Service).Genuine, flipped, true, session.ErrInvalidToken},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := start(t)
				token := tt.token(h, h.signIn(t))
				one := turns.New(1, errors.New("no turn"))
				turn, err := one.Take(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				answers := make(chan error, 1)
				leave := h.Forger()
				go func() {
					_, err := tt.present(h.Service, context.WithValue(t.Context(), ctxkey.Turn{}, turn), token)
					answers <- err
				}()
				synctest.Wait()
				if waits := len(answers) == 0; waits != tt.waits {
					t.Errorf("waits %t", waits)
				}
				if tt.waits {
					if _, err := one.Take(t.Context()); err != nil {
						t.Errorf("it keeps the turn of its request: %v", err)
					}
				}
				leave()
				if err := <-answers; !errors.Is(err, tt.want) {
					t.Errorf("answers %v, want %v", err, tt.want)
				}
				h.Forger()() // the place is free again
			})
		})
	}
}

// TestAForgerWhoLeavesIsNotWaitedWith: nobody keeps a goroutine in the queue for a client who is gone.
func TestAForgerWhoLeavesIsNotWaitedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		defer h.Forger()()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := h.Authenticate(ctx, "x"); !errors.Is(err, session.ErrInvalidToken) || time.Since(begin) != time.Second {
			t.Errorf("answers %v after %v", err, time.Since(begin))
		}
	})
}

// TestForgersWaitNoLongerThanOthers: an honest client whose key or secret has gone presents a forged token too, and must learn that it has
// to sign in again, however many forgers are before it.
func TestForgersWaitNoLongerThanOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		defer h.Forger()()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		if _, err := h.Authenticate(ctx, "x"); !errors.Is(err, session.ErrInvalidToken) || time.Since(begin) != turns.Wait {
			t.Errorf("answers %v after %v", err, time.Since(begin))
		}
	})
}
