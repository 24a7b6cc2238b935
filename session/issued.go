package session

import (
	"encoding/binary"
	"sync"
)

// issued knows the tokens that were signed here last by the digests of all their bytes: who has made a signature need not verify it. It
// answers for the signature alone, so that a token which has ended since, or whose key is gone, is refused as ever.
type issued struct {
	mu sync.Mutex
	// slots hold a token each, at the place that its digest begins with. A later one takes the place of an earlier one.
	slots []digest
}

// issuedSlots is how many tokens are known at most: those of the last seconds of a machine that does nothing but sign.
const issuedSlots = 1 << 12

func (i *issued) add(token string) {
	d := digestOf(token)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.slots == nil {
		i.slots = make([]digest, issuedSlots)
	}
	i.slots[d.slot()] = d
}

func (i *issued) knows(token string) bool {
	d := digestOf(token)
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.slots != nil && i.slots[d.slot()] == d
}

func (d *digest) slot() uint64 { return binary.LittleEndian.Uint64(d[:8]) % issuedSlots }
