package main

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/store/storetest"
	"github.com/crafteasy/auth/user"
)

// TestAccountsKeepTheContract: the table is what the library takes it for.
func TestAccountsKeepTheContract(t *testing.T) {
	storetest.Users(t, func(*testing.T, func() time.Time) user.Store { return &accounts{rows: map[int]account{}} })
}
