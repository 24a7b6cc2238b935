package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/user"
)

// claimTries is how often a verb tries again when others change the same user or claim at once.
const claimTries = 16

// youth is how long a claim counts whose user does not name it back yet: its maker is about to change the user. It must be
// longer than the time-out of a verb and the difference of two clocks.
const youth = 5 * time.Minute

// claim says who holds an identifier, and since when.
type claim struct {
	since  time.Time
	userID string
	text   string
}

func (c claim) none() bool { return c.text == "" }

func claimOf(text string) (claim, error) {
	since, userID, _ := strings.Cut(text, ":")
	ms, err := strconv.ParseInt(since, 10, 64)
	if err != nil {
		return claim{}, fmt.Errorf("redisstore: a claim: %w", err)
	}
	return claim{fromMilli(ms), userID, text}, nil
}

func (u users) claimName(id user.Identifier) string {
	return u.key.of(string(id.Kind)+":"+id.Value, "claim")
}

// claimed answers the claim to an identifier, whether it counts or not; the zero claim is none.
func (u users) claimed(ctx context.Context, id user.Identifier) (claim, error) {
	cmd := redis.NewStringCmd(ctx, "get", u.claimName(id))
	if err := u.c.read(ctx, cmd); err != nil {
		return claim{}, err
	}
	if errors.Is(cmd.Err(), redis.Nil) {
		return claim{}, nil
	}
	return claimOf(cmd.Val())
}

// claim takes an identifier for a user, or answers false where another user holds it.
func (u users) claim(ctx context.Context, id user.Identifier, userID string) (bool, error) {
	now := u.now()
	mine := strconv.FormatInt(now.UnixMilli(), 10) + ":" + userID
	held := claim{}
	for range claimTries {
		won, err := u.swap(ctx, u.claimName(id), held.text, mine, 0)
		if won || err != nil {
			return won, err
		}
		if held, err = u.claimed(ctx, id); err != nil {
			return false, err
		}
		counts, err := u.counts(ctx, held, id, userID, now)
		if counts || err != nil {
			return false, err
		}
	}
	return false, errBusy
}

// counts reports whether a claim keeps others out.
func (u users) counts(ctx context.Context, held claim, id user.Identifier, userID string, now time.Time) (bool, error) {
	if held.none() || held.userID == userID {
		return false, nil
	}
	if age := now.Sub(held.since).Abs(); age < youth {
		return true, nil
	}
	holder, _, err := u.load(ctx, held.userID)
	if errors.Is(err, user.ErrNotFound) {
		return false, nil
	}
	return holder.Address(id.Kind) == id, err
}

var dropClaim = redis.NewScript(`
local claim = redis.call('GET', KEYS[1])
if claim and string.sub(claim, string.find(claim, ':', 1, true) + 1) == ARGV[1] then redis.call('DEL', KEYS[1]) end
`)

// free drops the claims of a user to identifiers.
func (u users) free(ctx context.Context, userID string, ids []user.Identifier) error {
	for _, id := range ids {
		if _, err := u.c.run(ctx, dropClaim, []string{u.claimName(id)}, userID); err != nil {
			return err
		}
	}
	return nil
}
