package apikey

import (
	"crypto/subtle"

	"github.com/crafteasy/auth/internal/secret"
)

// macs computes what is stored of the secrets of keys.
type macs struct{ secret.MACs }

// of is the id of a key and a secret, of which the MAC is. Each has one length, so that no two pairs are written alike.
func of(id, text string) (in [idLen + secretLen]byte) {
	copy(in[:idLen], id)
	copy(in[idLen:], text)
	return in
}

// current computes the MAC under the current key.
func (m macs) current(id, text string) []byte {
	in := of(id, text)
	sum := m.Current(in[:])
	return sum[:]
}

// match answers which of the stored secrets text is, or -1. All are compared with the MAC under every key, in constant time.
func (m macs) match(id, text string, stored []Secret) int {
	if len(id) != idLen || len(text) != secretLen {
		return -1
	}
	in, found := of(id, text), -1
	m.Each(in[:], func(sum []byte) {
		for i := range stored {
			found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum, stored[i].Hash), i, found)
		}
	})
	return found
}
