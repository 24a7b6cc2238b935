package secret

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"sync"
	"testing"
)

// TestMACs: a state that was used for one message says of the next what a new one would, whoever used it.
func TestMACs(t *testing.T) {
	keys := ring(t, New(), New()).Key("test")
	macs := keys.MACs()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for length := range 200 {
				message := bytes.Repeat([]byte{byte(length)}, length)
				var want [][]byte
				for _, key := range keys.All() {
					h := hmac.New(sha256.New, key)
					h.Write(message)
					want = append(want, h.Sum(nil))
				}
				if sum := macs.Current(message); !bytes.Equal(sum[:], want[0]) {
					t.Errorf("%d bytes: under the current key %x, want %x", length, sum, want[0])
				}
				var got [][]byte
				macs.Each(message, func(sum []byte) { got = append(got, bytes.Clone(sum)) })
				if len(got) != 2 || !bytes.Equal(got[0], want[0]) || !bytes.Equal(got[1], want[1]) {
					t.Errorf("%d bytes: %x, want %x", length, got, want)
				}
			}
		})
	}
	all.Wait()
}
