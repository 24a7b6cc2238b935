package memstore_test

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/storetest"
)

func TestAPIKeys(t *testing.T) {
	storetest.APIKeys(t, func(_ *testing.T, now func() time.Time) apikey.Store {
		return memstore.New(&memstore.Options{Now: now}).APIKeys()
	})
}
