package redisstore_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/store/storetest"
)

func linksOpener(rdb redis.UniversalClient) storetest.Open[oauth.Store] {
	return func(_ *testing.T, now func() time.Time) oauth.Store { return empty(rdb, now).Links() }
}

func TestLinksOnOneNode(t *testing.T) { storetest.Links(t, linksOpener(single(t))) }

func TestLinksOnACluster(t *testing.T) { storetest.Links(t, linksOpener(cluster(t))) }
