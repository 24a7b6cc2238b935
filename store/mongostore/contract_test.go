package mongostore_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/storetest"
)

// TestStore is the whole contract, in the back end itself and in a namespace of it. The second storage engine of the test server
// is asked about what depends on it: the views, once, and that namespaces share nothing. Every command that is sent has an index.
func TestStore(t *testing.T) {
	for _, s := range servers() {
		t.Run(s.name, func(t *testing.T) {
			client, seen := watched(t, s.uri(t), options.Client())
			indexes := ensured(t, emptyDatabase(t, client))
			opener := func(t *testing.T, now func() time.Time) store.Store {
				t.Helper()
				return open(t, client, now)
			}
			names, sent := seen.during(func() {
				if s.name != "PostgreSQL" {
					storetest.Store(t, opener)
					return
				}
				storetest.Views(t, opener)
				t.Run("Namespaces", func(t *testing.T) { storetest.Namespaces(t, opener) })
			})
			t.Logf("%d commands", len(sent))
			used(t, indexes, names, sent)
		})
	}
}
