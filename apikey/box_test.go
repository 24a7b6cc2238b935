package apikey_test

import "sync"

// box holds the secret that clients use.
type box struct {
	mu sync.Mutex
	c  credential
}

func newBox(c credential) *box { return &box{c: c} }

func (b *box) get() credential {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.c
}

func (b *box) set(c credential) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.c = c
}
