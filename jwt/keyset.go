package jwt

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/crafteasy/auth/internal/problem"
)

const (
	defaultCooldown = time.Minute
	// refreshAfter is how old a key set may grow before the next token fetches it again.
	refreshAfter = 10 * time.Minute
	// staleAfter is how long the last key set serves while fetching fails. A key that its owner withdrew must die
	// some day, even for those who cannot reach him.
	staleAfter   = 24 * time.Hour
	fetchTimeout = 5 * time.Second
	maxKeySet    = 64 << 10 // bytes
)

// keySet is the published key set of an issuer. It fetches when it is asked, never by itself; whoever asks during a fetch
// waits for that one.
type keySet struct {
	url      string
	client   *http.Client
	cooldown time.Duration
	now      func() time.Time

	mu      sync.Mutex
	keys    []publicKey
	fetched time.Time     // when keys were fetched; zero: never
	tried   time.Time     // when the last fetch began
	failure error         // of the last fetch
	running chan struct{} // closed at the end of the fetch under way, or nil
}

// find answers the key of this id.
func (s *keySet) find(ctx context.Context, kid string) (*ecdsa.PublicKey, error) {
	if key, ok := s.fresh(kid); ok {
		return key, nil
	}
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetched.IsZero() || s.now().Sub(s.fetched) >= staleAfter {
		return nil, problem.Unavailable(s.failure)
	}
	if key, ok := s.lookup(kid); ok {
		return key, nil
	}
	if s.failure != nil { // it may be a new key
		return nil, problem.Unavailable(s.failure)
	}
	return nil, unknownKey(kid)
}

func (s *keySet) fresh(kid string) (*ecdsa.PublicKey, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetched.IsZero() || s.now().Sub(s.fetched) >= refreshAfter {
		return nil, false
	}
	return s.lookup(kid)
}

func (s *keySet) lookup(kid string) (*ecdsa.PublicKey, bool) {
	for _, k := range s.keys {
		if k.id == kid {
			return k.key, true
		}
	}
	return nil, false
}

// refresh waits for a fetch that is under way, or begins one unless the last is too recent. The fetch belongs to all who
// wait, so that one of them who leaves does not end it; it has its own time limit.
func (s *keySet) refresh(ctx context.Context) error {
	s.mu.Lock()
	if s.running == nil {
		if !s.tried.IsZero() && s.now().Sub(s.tried) < s.cooldown {
			s.mu.Unlock()
			return nil
		}
		s.tried, s.running = s.now(), make(chan struct{})
		go s.run(context.WithoutCancel(ctx))
	}
	running := s.running
	s.mu.Unlock()
	select {
	case <-running:
		return nil
	case <-ctx.Done():
		return problem.Unavailable(ctx.Err())
	}
}

func (s *keySet) run(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	keys, err := s.fetch(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
	if err == nil {
		s.keys, s.fetched = keys, s.now()
	}
	close(s.running)
	s.running = nil
}

func (s *keySet) fetch(ctx context.Context) ([]publicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("jwt: key set: %w", err)
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("jwt: key set: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("jwt: key set: status %d", res.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet+1))
	if err != nil {
		return nil, fmt.Errorf("jwt: key set: %w", err)
	}
	if len(text) > maxKeySet {
		return nil, errors.New("jwt: key set: larger than 64 KiB")
	}
	keys, err := parseJWKS(text)
	if err != nil {
		return nil, fmt.Errorf("jwt: key set: %w", err)
	}
	return keys, nil
}
