package mongostore_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/storetest"
)

// TestStore is the whole contract, in the back end itself and in a namespace of it.
func TestStore(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		storetest.Store(t, func(t *testing.T, now func() time.Time) store.Store { return open(t, client, now) })
	})
}
