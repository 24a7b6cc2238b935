package oauth

import (
	"context"
	"errors"
	"net/http"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/crafteasy/auth/internal/problem"
)

const (
	// keysLife is how long keys are used before they are read again, so that one that was withdrawn is forgotten.
	keysLife = time.Hour
	// keysStale is how long keys are used that cannot be read again: an outage of a day is not one.
	keysStale = 24 * time.Hour
	// keysWait is how long an unknown key id does not lead to another reading.
	keysWait = time.Minute
)

// keySet keeps the signing keys of one provider. It is an oidc.KeySet. However many unknown key ids come, the keys are
// read once more in each keysWait.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time

	turn   chan struct{}
	keys   *signingKeys
	read   time.Time
	again  time.Time // the last reading for an unknown id
	failed time.Time
	err    error
}

func newKeySet(url string, client *http.Client, now func() time.Time) *keySet {
	k := &keySet{url: url, client: client, now: now, turn: make(chan struct{}, 1)}
	k.turn <- struct{}{}
	return k
}

// VerifySignature answers the payload of a compact JWS that one of the provider's keys has signed. The caller has judged its algorithm.
func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	accepted := make([]jose.SignatureAlgorithm, len(algorithms))
	for i, a := range algorithms {
		accepted[i] = jose.SignatureAlgorithm(a)
	}
	jws, err := jose.ParseSignedCompact(token, accepted)
	if err != nil || len(jws.Signatures) != 1 {
		return nil, Refuse("the ID token is not a signed token")
	}
	header := jws.Signatures[0].Header
	key, err := k.find(ctx, header.KeyID, header.Algorithm)
	if err != nil {
		return nil, err
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return nil, Refuse("the signature of the ID token is wrong")
	}
	return payload, nil
}

// find answers the key with this id, or the only key there is where a token names none.
func (k *keySet) find(ctx context.Context, id, alg string) (any, error) {
	select {
	case <-k.turn:
	case <-ctx.Done():
		return nil, down(ctx.Err())
	}
	defer func() { k.turn <- struct{}{} }()
	now := k.now()
	ctx = context.WithoutCancel(ctx)
	if k.keys == nil || now.Sub(k.read) >= keysLife {
		k.refresh(ctx, now)
	}
	if k.keys == nil || now.Sub(k.read) >= keysStale {
		return nil, k.err
	}
	key, known := k.keys.find(id, alg)
	if !known && id != "" && now.Sub(k.again) >= keysWait {
		if k.refresh(ctx, now) {
			k.again = now
		}
		if key, known = k.keys.find(id, alg); !known && k.err != nil {
			return nil, k.err // the key may be one that could not be read
		}
	}
	if !known {
		return nil, Refuse("no key of the provider's fits the ID token")
	}
	return key, nil
}

// refresh reads the keys, and reports whether it did so at all: after a failure it waits.
func (k *keySet) refresh(ctx context.Context, now time.Time) bool {
	if k.err != nil && now.Sub(k.failed) < failureWait {
		return false
	}
	var set rawKeySet
	_, err := fetch(ctx, k.client, k.url, "", maxKeySet, &set)
	var keys *signingKeys
	if err == nil {
		keys, err = set.signing()
	}
	if errors.Is(err, ErrRefused) {
		// Without keys nothing is known about the token: the provider is broken, not the sign-in.
		err = problem.Unavailable(errors.Unwrap(err))
	}
	if err != nil {
		k.err, k.failed = err, now
		return true
	}
	k.keys, k.read, k.err = keys, now, nil
	return true
}
