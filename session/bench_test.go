package session_test

import (
	"testing"
)

// BenchmarkAuthenticate is a token that was seen before: run it with -cpu 1,2 for how it scales.
func BenchmarkAuthenticate(b *testing.B) {
	h := start(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		h := h
		token := h.signIn(b)
		for pb.Next() {
			if _, err := h.Authenticate(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
