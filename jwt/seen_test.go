package jwt_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/jwt"
)

// gone is the context of a client who has left, so that nothing is waited for.
func gone(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// another is a token like fresh's of another name.
func (f *fixture) another(t *testing.T) string {
	t.Helper()
	p := f.payload(jwt.TypeUser)
	p.TokenID = rand.Text()
	return f.sign(t, p)
}

// kidOf is the name of the first key of a set.
func kidOf(t *testing.T, set []byte) []byte {
	t.Helper()
	ids, err := jwt.ParseJWKS(set)
	must(t, err)
	return []byte(ids[0])
}

// TestRemoteVerifiesATokenOnce lets no curve operation begin: a token that was seen passes, and any other waits for one or is refused
// before.
func TestRemoteVerifiesATokenOnce(t *testing.T) {
	f := newFixture(t)
	r := f.remote(t, newPublisher(t, f.service.JWKS()).URL)
	token, unseen := f.fresh(t), f.another(t)
	want, err := r.Authenticate(t.Context(), token)
	must(t, err)
	giveBack := jwt.HoldCurve(t, r)
	if got, err := r.Authenticate(gone(t), token); err != nil || got != want {
		t.Errorf("a token that was seen: %v, %v", got, err)
	}
	if got, err := r.Authenticate(gone(t), unseen); got != nil || !errors.Is(err, problem.ErrUnavailable) {
		t.Errorf("a token that was not: %v, %v", got, err)
	}
	giveBack()
	if _, err := r.Authenticate(t.Context(), unseen); err != nil {
		t.Errorf("when a turn is free: %v", err)
	}
}

// TestRemoteKnowsASeenTokenByAllItsBytes changes each character of a token that was seen.
func TestRemoteKnowsASeenTokenByAllItsBytes(t *testing.T) {
	f := newFixture(t)
	r := f.remote(t, newPublisher(t, f.service.JWKS()).URL)
	token := f.fresh(t)
	_, err := r.Authenticate(t.Context(), token)
	must(t, err)
	step := 1
	if testutil.Race {
		step = 40 // the curve is slow there; go test ./jwt without it runs them all
	}
	for i := 0; i < len(token); i += step {
		other := []byte(token)
		if other[i]++; token[i] == 'Z' || token[i] == 'z' || token[i] == '9' {
			other[i] -= 2
		}
		if got, err := r.Authenticate(t.Context(), string(other)); got != nil || !errors.Is(err, problem.ErrInvalidToken) {
			t.Fatalf("another character at %d: %v, %v", i, got, err)
		}
	}
}

// TestRemoteForgetsASeenToken lets no curve operation begin: what is unavailable would have been verified again.
func TestRemoteForgetsASeenToken(t *testing.T) {
	type state struct {
		*fixture
		*publisher

		remote *jwt.Remote
		end    time.Time
	}
	const leeway = 30 * time.Second
	for name, tt := range map[string]struct {
		change func(t *testing.T, s *state)
		want   error
	}{
		"just before its end and the leeway": {func(_ *testing.T, s *state) { s.now = s.end.Add(leeway - 1) }, nil},
		"at its end and the leeway":          {func(_ *testing.T, s *state) { s.now = s.end.Add(leeway) }, problem.ErrInvalidToken},
		"just before it was seen":            {func(_ *testing.T, s *state) { s.now = s.now.Add(-1) }, problem.ErrUnavailable},
		"before it was issued":               {func(_ *testing.T, s *state) { s.now = s.now.Add(-leeway - 1) }, problem.ErrInvalidToken},
		"for another in its place": {func(t *testing.T, s *state) {
			t.Helper()
			_, err := s.remote.Authenticate(t.Context(), s.another(t))
			must(t, err)
		}, problem.ErrUnavailable},
		"when its key is withdrawn": {func(t *testing.T, s *state) {
			t.Helper()
			s.publish(s.serve(t, generate(t), jwt.Options{Secret: s.secret}).JWKS())
			s.now = s.now.Add(10 * time.Minute)
		}, problem.ErrInvalidToken},
		"when another key has its key's name": {func(t *testing.T, s *state) {
			t.Helper()
			old, next := s.service.JWKS(), s.serve(t, generate(t), jwt.Options{Secret: s.secret}).JWKS()
			s.publish(bytes.Replace(next, kidOf(t, next), kidOf(t, old), 1))
			s.now = s.now.Add(10 * time.Minute)
			if _, err := s.remote.Authenticate(t.Context(), s.another(t)); !errors.Is(err, problem.ErrInvalidToken) {
				t.Fatal("the other key verifies, or was not fetched:", err)
			}
		}, problem.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			p := newPublisher(t, f.service.JWKS())
			s := &state{fixture: f, publisher: p, remote: f.remote(t, p.URL)}
			jwt.Shrink(s.remote)
			long := f.payload(jwt.TypeUser)
			long.ExpiresAt = long.IssuedAt.Add(time.Hour)
			token := f.sign(t, long)
			payload, err := s.remote.Authenticate(t.Context(), token)
			must(t, err)
			s.end = payload.ExpiresAt
			tt.change(t, s)
			defer jwt.HoldCurve(t, s.remote)()
			ctx := t.Context()
			if errors.Is(tt.want, problem.ErrUnavailable) {
				ctx = gone(t)
			}
			if _, err := s.remote.Authenticate(ctx, token); !errors.Is(err, tt.want) {
				t.Errorf("answers %v, want %v", err, tt.want)
			}
		})
	}
}
