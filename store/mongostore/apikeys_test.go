package mongostore_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/store/storetest"
)

func TestAPIKeys(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		storetest.APIKeys(t, func(t *testing.T, now func() time.Time) apikey.Store {
			t.Helper()
			return open(t, client, now).APIKeys()
		})
	})
}
