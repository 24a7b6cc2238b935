package mongostore_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/store/storetest"
)

func TestLinks(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		storetest.Links(t, func(t *testing.T, now func() time.Time) oauth.Store {
			t.Helper()
			return open(t, client, now).Links()
		})
	})
}
