package redisstore_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/store/storetest"
	"github.com/crafteasy/auth/totp"
)

func totpOpener(rdb redis.UniversalClient) storetest.Open[totp.Store] {
	return func(_ *testing.T, now func() time.Time) totp.Store { return empty(rdb, now).TOTP() }
}

func TestTOTPOnOneNode(t *testing.T) { storetest.TOTP(t, totpOpener(single(t))) }

func TestTOTPOnACluster(t *testing.T) { storetest.TOTP(t, totpOpener(cluster(t))) }
