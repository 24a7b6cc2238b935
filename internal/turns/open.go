package turns

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// Open is what is under way, for whoever ends the program: its server may know nothing of it any more. The zero value is ready, and a nil one
// knows of nothing. It is safe for concurrent use.
type Open struct {
	mu    sync.Mutex
	under map[chan struct{}]struct{} // each is closed at its end
}

// Begin answers what to call, once, when that which begins has ended.
func (o *Open) Begin() (end func()) {
	if o == nil {
		return func() {}
	}
	one := make(chan struct{})
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.under == nil {
		o.under = map[chan struct{}]struct{}{}
	}
	o.under[one] = struct{}{}
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.under, one)
		close(one)
	}
}

var errOpen = errors.New("turns: something is still under way")

// Wait waits for the end of all that has begun by then, and not for what begins later. When ctx ends first that is an error.
func (o *Open) Wait(ctx context.Context) error {
	o.mu.Lock()
	all := slices.Collect(maps.Keys(o.under))
	o.mu.Unlock()
	for _, one := range all {
		select {
		case <-one:
		case <-ctx.Done():
			return errors.Join(errOpen, ctx.Err())
		}
	}
	return nil
}
