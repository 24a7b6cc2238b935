package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/abuse"
)

var _ abuse.Store = locks{}

// How long a lock is kept after its wait: a few stray failures are soon forgotten, a series is not.
const (
	fewFailures = 5
	keepFew     = 24 * time.Hour
	keepMany    = 30 * 24 * time.Hour
)

// locks is the view of failed guesses.
type locks struct{ view }

func (l locks) name(subject string) string { return l.key.of(subject, "lock") }

// lockText is the one spelling of a lock, by which two are compared; empty for none.
func lockText(l abuse.Lock) string {
	if l.Failures == 0 && l.Until.IsZero() {
		return ""
	}
	return strconv.Itoa(l.Failures) + ":" + strconv.FormatInt(l.Until.UnixMilli(), 10)
}

func lockOf(text string) (abuse.Lock, error) {
	failures, until, _ := strings.Cut(text, ":")
	n, err := strconv.Atoi(failures)
	if err != nil {
		return abuse.Lock{}, fmt.Errorf("redisstore: a lock: %w", err)
	}
	ms, err := strconv.ParseInt(until, 10, 64)
	if err != nil {
		return abuse.Lock{}, fmt.Errorf("redisstore: a lock: %w", err)
	}
	return abuse.Lock{Failures: n, Until: fromMilli(ms)}, nil
}

// Lock answers the lock of a subject.
func (l locks) Lock(ctx context.Context, subject string) (abuse.Lock, error) {
	cmd := redis.NewStringCmd(ctx, "get", l.name(subject))
	if err := l.c.read(ctx, cmd); err != nil {
		return abuse.Lock{}, err
	}
	if errors.Is(cmd.Err(), redis.Nil) {
		return abuse.Lock{}, nil
	}
	return lockOf(cmd.Val())
}

// Swap replaces the lock if it still equals from.
func (l locks) Swap(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
	end := to.Until
	if now := l.now(); end.Before(now) {
		end = now
	}
	if to.Failures < fewFailures {
		end = end.Add(keepFew)
	} else {
		end = end.Add(keepMany)
	}
	return l.swap(ctx, l.name(subject), lockText(from), lockText(to), l.keep(end))
}

// Clear forgets the lock of a subject.
func (l locks) Clear(ctx context.Context, subject string) error {
	return l.c.write(ctx, redis.NewIntCmd(ctx, "del", l.name(subject)))
}

// swap replaces the text under a key while it equals from, and keeps it for ttl milliseconds; 0 is for ever. An
// empty text is no key.
func (v view) swap(ctx context.Context, key, from, to string, ttl int64) (bool, error) {
	cmd, err := v.c.run(ctx, compareAndSet, []string{key}, from, to, ttl)
	if err != nil {
		return false, err
	}
	return cmd.Bool()
}

var compareAndSet = redis.NewScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
elseif ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
`)
