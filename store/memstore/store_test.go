package memstore_test

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Store(t, func(_ *testing.T, now func() time.Time) store.Store {
		return memstore.New(&memstore.Options{Now: now})
	})
}
