package redisstore_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/store/storetest"
)

func apiKeyOpener(rdb redis.UniversalClient) storetest.Open[apikey.Store] {
	return func(_ *testing.T, now func() time.Time) apikey.Store { return empty(rdb, now).APIKeys() }
}

func TestAPIKeysOnOneNode(t *testing.T) { storetest.APIKeys(t, apiKeyOpener(single(t))) }

func TestAPIKeysOnACluster(t *testing.T) { storetest.APIKeys(t, apiKeyOpener(cluster(t))) }
