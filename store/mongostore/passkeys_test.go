package mongostore_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/store/storetest"
	"github.com/crafteasy/auth/webauthn"
)

func TestPasskeys(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		storetest.Passkeys(t, func(t *testing.T, now func() time.Time) webauthn.Store {
			t.Helper()
			return open(t, client, now).Passkeys()
		})
	})
}
