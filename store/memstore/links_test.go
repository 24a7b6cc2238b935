package memstore_test

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/storetest"
)

func TestLinks(t *testing.T) {
	storetest.Links(t, func(_ *testing.T, now func() time.Time) oauth.Store {
		return memstore.New(&memstore.Options{Now: now}).Links()
	})
}
