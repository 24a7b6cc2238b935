package mongostore_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/storetest"
)

// TestStore is the whole contract, in the back end itself and in a namespace of it. The second storage engine of the test server
// is asked about what depends on it: the views, once, and that namespaces share nothing.
func TestStore(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		opener := func(t *testing.T, now func() time.Time) store.Store {
			t.Helper()
			return open(t, client, now)
		}
		if t.Name() != "TestStore/PostgreSQL" {
			storetest.Store(t, opener)
			return
		}
		storetest.Views(t, opener)
		t.Run("Namespaces", func(t *testing.T) { storetest.Namespaces(t, opener) })
	})
}
