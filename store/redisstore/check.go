package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Check asks every master behind rdb whether it is fit to keep what this library stores. Each warning is a sentence about a
// setting that lets the server forget; err says that a server cannot be used at all, or not be asked. Call it at start
// and log the warnings.
func Check(ctx context.Context, rdb redis.UniversalClient) (warnings []string, err error) {
	c := newClient(rdb, DefaultTimeout)
	var mu sync.Mutex
	var found []string
	err = c.call(ctx, func(ctx context.Context) error {
		ask := func(ctx context.Context, node redis.UniversalClient, name string) error {
			said, err := checkNode(ctx, node)
			mu.Lock()
			defer mu.Unlock()
			for _, s := range said {
				found = append(found, name+s)
			}
			return err
		}
		if many, ok := rdb.(*redis.ClusterClient); ok {
			return many.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
				return ask(ctx, node, node.Options().Addr+": ")
			})
		}
		return ask(ctx, rdb, "")
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(found)
	if !c.punctual {
		found = append(found, "the client does not honour deadlines: set ContextTimeoutEnabled, or each call costs a goroutine")
	}
	return found, nil
}

// oldest is the first version that has GETDEL.
var oldest = [2]int{6, 2}

func checkNode(ctx context.Context, node redis.UniversalClient) ([]string, error) {
	text, err := node.Info(ctx).Result()
	if err != nil {
		return nil, err
	}
	info := fields(text)
	if err := checkVersion(info["redis_version"]); err != nil {
		return nil, err
	}
	if info["role"] == "slave" {
		return nil, errors.New("the server is a replica, which knows of a revocation too late")
	}
	var warnings []string
	if policy := info["maxmemory_policy"]; policy != "noeviction" {
		warnings = append(warnings, fmt.Sprintf("maxmemory-policy is %q: a server that evicts forgets what was revoked; set noeviction", policy))
	}
	if info["aof_last_write_status"] == "err" || info["rdb_last_bgsave_status"] == "err" {
		warnings = append(warnings, "the server could not write its files the last time")
	}
	if w := checkFiles(ctx, node, info["aof_enabled"] == "1"); w != "" {
		warnings = append(warnings, w)
	}
	return warnings, nil
}

// checkFiles says what a restart would forget, or nothing.
func checkFiles(ctx context.Context, node redis.UniversalClient, appends bool) string {
	name := "save"
	if appends {
		name = "appendfsync"
	}
	config, err := node.ConfigGet(ctx, name).Result()
	value, known := config[name]
	switch {
	case appends && value == "no":
		return "appendfsync is no: a crash forgets what was revoked since the system last wrote its files; set everysec"
	case appends:
		return ""
	case err != nil || !known:
		return "appendonly is off, and the server does not say whether it keeps snapshots: a restart may forget everything"
	case value == "":
		return "the server keeps nothing over a restart: it ends every session and forgets all that lasts; set appendonly yes"
	}
	return "the server keeps snapshots alone: a restart revives what was revoked since the last one; set appendonly yes"
}

func checkVersion(version string) error {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	if errA != nil || errB != nil {
		return fmt.Errorf("the server says it is version %q", version)
	}
	if a < oldest[0] || a == oldest[0] && b < oldest[1] {
		return fmt.Errorf("the server is version %s, and %d.%d is the oldest that works", version, oldest[0], oldest[1])
	}
	return nil
}

// fields reads the answer to INFO.
func fields(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			all[name] = value
		}
	}
	return all
}
