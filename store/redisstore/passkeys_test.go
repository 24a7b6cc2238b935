package redisstore_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/store/storetest"
	"github.com/crafteasy/auth/webauthn"
)

func passkeyOpener(rdb redis.UniversalClient) storetest.Open[webauthn.Store] {
	return func(_ *testing.T, now func() time.Time) webauthn.Store { return empty(rdb, now).Passkeys() }
}

func TestPasskeysOnOneNode(t *testing.T) { storetest.Passkeys(t, passkeyOpener(single(t))) }

func TestPasskeysOnACluster(t *testing.T) { storetest.Passkeys(t, passkeyOpener(cluster(t))) }
