package memstore_test

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/storetest"
	"github.com/crafteasy/auth/user"
)

func TestKV(t *testing.T) {
	storetest.KV(t, func(_ *testing.T, now func() time.Time) kv.Store {
		return memstore.New(&memstore.Options{Now: now}).KV()
	})
}

func TestUsers(t *testing.T) {
	storetest.Users(t, func(_ *testing.T, now func() time.Time) user.Store {
		return memstore.New(&memstore.Options{Now: now}).Users()
	})
}
