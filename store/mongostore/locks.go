package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/crafteasy/auth/abuse"
)

var _ abuse.Store = (*locks)(nil)

// How long a lock is kept after its wait: a few stray failures are soon forgotten, a series is not.
const (
	fewFailures = 5
	keepFew     = 24 * time.Hour
	keepMany    = 30 * 24 * time.Hour
)

// locks is the view of failed guesses.
type locks struct{ table }

// lock is a document that remembers failures. Every [abuse.Lock] but the zero one has one.
type lock struct {
	ID        bson.Binary   `bson:"_id"`
	Failures  int64         `bson:"failures"`
	Until     bson.DateTime `bson:"until"`
	ExpiresAt bson.DateTime `bson:"expires_at"`
}

func (l *locks) lock(id bson.Binary, held abuse.Lock) lock {
	// A wait that ended long ago is kept for its time all the same: it was written now.
	last := held.Until
	if now := l.now(); now.After(last) {
		last = now
	}
	keep := keepMany
	if held.Failures < fewFailures {
		keep = keepFew
	}
	return lock{id, int64(held.Failures), date(held.Until), date(last.Add(keep))}
}

// Lock answers the lock of a subject, in one round trip.
func (l *locks) Lock(ctx context.Context, subject string) (abuse.Lock, error) {
	ctx, done, err := l.begin(ctx)
	if err != nil {
		return abuse.Lock{}, err
	}
	defer done()
	var held lock
	found, err := l.find(ctx, live(l.id("lock", subject), l.now()), &held)
	if !found || err != nil {
		return abuse.Lock{}, err
	}
	return abuse.Lock{Failures: int(held.Failures), Until: instant(held.Until)}, nil
}

// Swap replaces the lock if it still equals from in both fields, in one round trip; in two where an expired lock was not
// removed yet or there is none to begin with.
func (l *locks) Swap(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
	ctx, done, err := l.begin(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	id := l.id("lock", subject)
	none, clears := isZero(from), isZero(to)
	switch {
	case none && clears:
		found, err := l.find(ctx, live(id, l.now()), new(lock))
		return !found && err == nil, err
	case none:
		return l.first(ctx, l.lock(id, to))
	}
	same := append(live(id, l.now()), eq("failures", int64(from.Failures)), eq("until", date(from.Until)))
	if clears {
		return l.remove(ctx, same)
	}
	return l.replace(ctx, same, l.lock(id, to))
}

// first stores a lock where there is none.
func (l *locks) first(ctx context.Context, fresh lock) (bool, error) {
	if stored, err := l.insert(ctx, fresh); stored || err != nil {
		return stored, err
	}
	return l.replace(ctx, over(fresh.ID, l.now()), fresh)
}

func isZero(l abuse.Lock) bool { return l.Failures == 0 && l.Until.IsZero() }

// Clear forgets the lock of a subject, in one round trip.
func (l *locks) Clear(ctx context.Context, subject string) error {
	ctx, done, err := l.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = l.remove(ctx, byID(l.id("lock", subject)))
	return err
}
