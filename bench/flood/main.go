// Command flood measures whole HTTP servers with wrk: this library's RequireAuth on memory and on Redis, a server without any
// authentication, go-chi/jwtauth on the same kind of token, and RequireAuth while every second request carries a forged token, beside the
// least that any middleware could do about it. Each server is a process of its own on loopback. Rounds visit them in turn, so that all
// see the same machine; the table shows medians.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	kind := flag.String("serve", "", "serve one kind and nothing else")
	redis := flag.String("redis", "", "URL of a Redis server (default: one is started)")
	rounds := flag.Int("rounds", 5, "how often each is measured")
	length := flag.Duration("length", 3*time.Second, "how long each time")
	flag.Parse()
	if *kind != "" {
		log.Fatal(serve(*kind, *redis))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	err := compare(ctx, *redis, *rounds, *length)
	cancel()
	if err != nil {
		log.Fatal(err)
	}
}

// load is one server and what is sent to it.
type load struct {
	name, kind string
	script     func(s served) string
}

var loads = []load{
	{"bare", bare, honest},
	{"bare, no token", bare, nobody},
	{"cached", memory, honest},
	{"cached, Redis", onRedis, honest},
	{"chi", chi, honest},
	{"half without mac", memory, withoutMAC},
	{"half with a flipped signature", memory, flipped},
	{"http.Error", least, honest},
	{"http.Error, half refused", least, withoutMAC},
	{"bare document", bareDocument, honest},
	{"cached document", memoryDocument, honest},
	{"document, half without mac", memoryDocument, withoutMAC},
	{"document, half flipped", memoryDocument, flipped},
}

func compare(ctx context.Context, redis string, rounds int, length time.Duration) error {
	if _, err := exec.LookPath("wrk"); err != nil {
		return errors.New("wrk is missing: it is the Debian package wrk")
	}
	dir, err := os.MkdirTemp("", "flood")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if redis == "" {
		stop, url, err := startRedis(ctx, dir)
		if err != nil {
			return err
		}
		defer stop()
		redis = url
	}
	servers := map[string]served{}
	for _, l := range loads {
		if _, ok := servers[l.kind]; !ok {
			s, err := spawn(ctx, l.kind, redis)
			if err != nil {
				return err
			}
			defer s.stop()
			servers[l.kind] = s
		}
	}
	// The servers without authentication get the very requests that the others get: a header of 800 bytes costs too.
	for _, kind := range []string{bare, bareDocument} {
		unguarded := servers[kind]
		unguarded.token = servers[memory].token
		servers[kind] = unguarded
	}
	rates := map[string][]float64{}
	for range rounds {
		for _, l := range loads {
			s := servers[l.kind]
			path := filepath.Join(dir, "script.lua")
			if err := os.WriteFile(path, []byte(l.script(s)), 0o600); err != nil {
				return err
			}
			rate, err := measure(ctx, s.url, path, length)
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			rates[l.name] = append(rates[l.name], rate)
		}
	}
	table(rates)
	return nil
}

func table(rates map[string][]float64) {
	fmt.Println("| HTTP under wrk, two processors shared with it | measured | target |\n|---|---|---|")
	for _, row := range []struct {
		text, over, under string
		share             float64 // of the requests that are honest
		target            string
	}{
		{"cached / the same requests without authentication", "cached", "bare", 1, "≥ 0.90"},
		{"cached, Redis as store, with the mirror / the same requests without authentication", "cached, Redis", "bare", 1, "≥ 0.85"},
		{"cached / requests that carry no token, without authentication", "cached", "bare, no token", 1, "≥ 0.90"},
		{"cached / go-chi/jwtauth on ES512", "cached", "chi", 1, "≥ 40"},
		{"honest requests while as many carry no valid mac / none forged", "half without mac", "cached", 0.5, "≥ 0.5"},
		{"honest requests while as many carry a flipped signature / none forged", "half with a flipped signature", "cached", 0.5, "≥ 0.5"},
		{"http.Error behind one comparison: honest requests while as many are refused / none refused", "http.Error, half refused", "http.Error", 0.5, "–"},
		{"a JSON document: cached / the same requests without authentication", "cached document", "bare document", 1, "≥ 0.90"},
		{"a JSON document: honest requests while as many carry no valid mac / none forged", "document, half without mac", "cached document", 0.5, "≥ 0.5"},
		{"a JSON document: honest requests while as many carry a flipped signature / none forged", "document, half flipped", "cached document", 0.5, "≥ 0.5"},
	} {
		var ratios []float64
		for i, r := range rates[row.over] {
			ratios = append(ratios, row.share*r/rates[row.under][i])
		}
		slices.Sort(ratios)
		fmt.Printf("| %s | %.2f (%.2f to %.2f) | %s |\n", row.text, ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1], row.target)
	}
	fmt.Println("\n| requests a second | median |\n|---|---|")
	for _, l := range loads {
		r := slices.Sorted(slices.Values(rates[l.name]))
		fmt.Printf("| %s | %.0f |\n", l.name, r[len(r)/2])
	}
}
