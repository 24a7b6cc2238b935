// Package undo is for what a request takes back after it failed, or tidies up when all is decided.
package undo

import (
	"context"
	"time"
)

// moment is how long that may take.
const moment = 100 * time.Millisecond

// Brief answers the context for it. Whoever asked may have left, and a store that hangs has held the request for one time-out already: it
// gets a moment and no second one.
func Brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), moment)
}
