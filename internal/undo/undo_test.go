package undo_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/internal/undo"
)

// TestBrief: whoever has left has no part in it, and it ends by itself.
func TestBrief(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		brief, cancel := undo.Brief(ctx)
		defer cancel()
		if err := brief.Err(); err != nil {
			t.Fatalf("it ends with its client: %v", err)
		}
		begin := time.Now()
		<-brief.Done()
		if took := time.Since(begin); !errors.Is(brief.Err(), context.DeadlineExceeded) || took > time.Second {
			t.Errorf("it ends after %v: %v", took, brief.Err())
		}
	})
}
