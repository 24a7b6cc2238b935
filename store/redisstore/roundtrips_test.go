package redisstore_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
)

// trips counts what the client sends: a command or a pipeline is one round trip.
type trips struct{ n atomic.Int64 }

func (c *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmd)
	}
}

func (c *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmds)
	}
}

func TestRoundTrips(t *testing.T) {
	rdb := single(t)
	s := empty(rdb, nil)
	if err := prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var sent trips
	rdb.AddHook(&sent)
	for _, v := range verbs {
		t.Run(v.name, func(t *testing.T) {
			before := sent.n.Load()
			if err := v.call(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if got := int(sent.n.Load() - before); got != v.trips {
				t.Errorf("%d round trips, want %d", got, v.trips)
			}
		})
	}
}

// A server that lost its scripts, by a restart or SCRIPT FLUSH, is sent them again.
func TestScriptsAreSentAgain(t *testing.T) {
	for name, rdb := range map[string]redis.UniversalClient{"one node": single(t), "a cluster": cluster(t)} {
		s := empty(rdb, nil)
		if err := prepare(t.Context(), s); err != nil {
			t.Fatal(name, err)
		}
		for _, v := range verbs {
			if err := rdb.ScriptFlush(t.Context()).Err(); err != nil {
				t.Fatal(name, err)
			}
			if err := v.call(t.Context(), s); err != nil {
				t.Error(name, v.name, err)
			}
		}
	}
}

// TestNoScan asks the server what it executed, within scripts too, while every verb ran: nothing that walks through keys. Redis
// counts commands of each kind.
func TestNoScan(t *testing.T) {
	rdb := single(t)
	s := empty(rdb, nil)
	if err := rdb.ConfigResetStat(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if err := prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	stats := rdb.Info(t.Context(), "commandstats").Val()
	for _, walks := range []string{"keys", "scan", "sscan", "hscan", "zscan", "randomkey", "dbsize", "sort", "flushdb", "flushall"} {
		if strings.Contains(stats, "cmdstat_"+walks+":") {
			t.Errorf("the server executed %s", walks)
		}
	}
	if !strings.Contains(stats, "cmdstat_hset:") || !strings.Contains(stats, "cmdstat_zadd:") { // commands of scripts alone
		t.Errorf("the server does not count what scripts do: %s", stats)
	}
}
