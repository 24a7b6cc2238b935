package memstore_test

import (
	"testing"
	"time"

	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/storetest"
	"github.com/crafteasy/auth/webauthn"
)

func TestPasskeys(t *testing.T) {
	storetest.Passkeys(t, func(_ *testing.T, now func() time.Time) webauthn.Store {
		return memstore.New(&memstore.Options{Now: now}).Passkeys()
	})
}
