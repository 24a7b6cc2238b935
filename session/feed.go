package session

import (
	"context"
	"time"
)

// ChangeLife is how long a change matters. Whatever it ended is dead by itself when this is over: the longest token, a pre_auth
// token that may still have led to one, the leeways of both, and clocks that differ. Refresh asks the store itself, so nothing that
// was ended has a successor.
const ChangeLife = 75 * time.Minute

// Feed is a [Store] that tells what was ended, for the mirror of [Options.RevocationLag]. It tells of every Revoke, MoveEpoch and
// MoveFloor of every instance, whether or not that instance has a mirror: a verb that was answered without an error before a call
// of Changes began is in the answer of that call, or was in one before. What a verb failed to announce it has failed to do, and
// says so by its error. Methods are safe for concurrent use and honour ctx.
//
// Package store/storetest is this text as code.
type Feed interface {
	// Changes answers what was ended since the cursor. The empty cursor, and one that the feed cannot follow any more, ask
	// for everything that still matters, from the beginning: revocations whose Until is not over, and epochs that were moved less
	// than [ChangeLife] ago. A change may come twice, and in any order.
	Changes(ctx context.Context, after Cursor) (Changes, error)
}

// Cursor is a place in a [Feed]. Only the feed that made it can read it.
type Cursor string

// Changes is a page of a [Feed].
type Changes struct {
	// Floor is that of everybody, as it is; [Emptied] where the store holds none.
	Floor int64
	// Revoked and Moved are what was ended.
	Revoked []Revocation
	Moved   []Move
	// Next is where the next call goes on.
	Next Cursor
	// More says that there is more to read at once. Floor and Whole count in the page that has no more.
	More bool
	// Restart says that the feed did not follow the cursor: what was read before is void, and this is the beginning.
	Restart bool
	// Whole says that nothing that still matters can be missing from what was read since the beginning. A store that has not told
	// of all changes for [ChangeLife], because an older version wrote to it, cannot say so yet.
	Whole bool
}

// Move is an epoch of a user as [Store.MoveEpoch] left it.
type Move struct {
	UserID string
	Epoch  int64
	// Except is the session that is spared.
	Except string
}
