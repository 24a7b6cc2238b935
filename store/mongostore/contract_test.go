package mongostore_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/storetest"
	"github.com/crafteasy/auth/user"
)

// TestStore is the whole contract, in the back end itself and in a namespace of it. The second storage engine of the test server
// is asked about what depends on it: the views, once.
func TestStore(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		if t.Name() != "TestStore/PostgreSQL" {
			storetest.Store(t, func(t *testing.T, now func() time.Time) store.Store { return open(t, client, now) })
			return
		}
		storetest.KV(t, func(t *testing.T, now func() time.Time) kv.Store { return open(t, client, now).KV() })
		storetest.Users(t, func(t *testing.T, now func() time.Time) user.Store { return open(t, client, now).Users() })
		storetest.Sessions(t, func(t *testing.T, now func() time.Time) session.Store { return open(t, client, now).Sessions() })
		storetest.Locks(t, func(t *testing.T, now func() time.Time) abuse.Store { return open(t, client, now).Locks() })
	})
}
