// Command flood measures whole HTTP servers with wrk: this library's RequireAuth on memory and on Redis, a server without any
// authentication, go-chi/jwtauth on the same kind of token, and RequireAuth while others send forged tokens, beside the least that any
// middleware could do about them. Each server is a process of its own on loopback. Rounds visit them in turn, so that all
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

// callers and crowd are how many connections honest requests come by, and forged ones where there are many.
const callers, crowd = 16, 1000

// load is one server and what is sent to it: by the callers, and at the same time by forgers on connections of their own, where there are any.
type load struct {
	name, kind     string
	honest, forged func(s served) string
	forgers        int
}

var loads = []load{
	{name: "bare", kind: bare, honest: honest},
	{name: "bare, no token", kind: bare, honest: nobody},
	{name: "cached", kind: memory, honest: honest},
	{name: "cached, Redis", kind: onRedis, honest: honest},
	{name: "chi", kind: chi, honest: honest},
	{name: "no mac beside", kind: memory, honest: honest, forged: withoutMAC, forgers: callers},
	{name: "flipped beside", kind: memory, honest: honest, forged: flipped, forgers: callers},
	{name: "crowd beside", kind: memory, honest: honest, forged: withoutMAC, forgers: crowd},
	{name: "no mac in turns", kind: memory, honest: inTurns(unsealed)},
	{name: "flipped in turns", kind: memory, honest: inTurns(resigned)},
	{name: "http.Error", kind: least, honest: honest},
	{name: "http.Error beside", kind: least, honest: honest, forged: withoutMAC, forgers: callers},
	{name: "http.Error, crowd beside", kind: least, honest: honest, forged: withoutMAC, forgers: crowd},
	{name: "http.Error in turns", kind: least, honest: inTurns(unsealed)},
	{name: "bare document", kind: bareDocument, honest: honest},
	{name: "cached document", kind: memoryDocument, honest: honest},
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
			rate, err := l.measure(ctx, s, dir, length)
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
		{"cached, a JSON document / the same requests without authentication", "cached document", "bare document", 1, "≥ 0.90"},
		{"cached / requests without an 800-byte token to read, without authentication", "cached", "bare, no token", 1, "–"},
		{"cached / go-chi/jwtauth on ES512", "cached", "chi", 1, "≥ 40"},
		{"honest callers, while as many send tokens without a valid mac / while nobody does", "no mac beside", "cached", 1, "≥ 0.5"},
		{"honest callers, while as many send genuine payloads with a flipped signature / while nobody does", "flipped beside", "cached", 1, "≥ 0.5"},
		{"the same behind one comparison and http.Error", "http.Error beside", "http.Error", 1, "–"},
		{"honest callers, while a thousand others forge / while nobody does", "crowd beside", "cached", 1, "–"},
		{"the same behind one comparison and http.Error", "http.Error, crowd beside", "http.Error", 1, "–"},
		{"callers of whose own requests every second one has no valid mac, honest ones / none forged", "no mac in turns", "cached", 0.5, "–"},
		{"callers of whose own requests every second one has a flipped signature, honest ones / none forged", "flipped in turns", "cached", 0.5, "–"},
		{"the same behind one comparison and http.Error", "http.Error in turns", "http.Error", 0.5, "–"},
	} {
		var ratios []float64
		for i, r := range rates[row.over] {
			ratios = append(ratios, row.share*r/rates[row.under][i])
		}
		slices.Sort(ratios)
		fmt.Printf("| %s | %.2f (%.2f to %.2f) | %s |\n", row.text, ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1], row.target)
	}
	fmt.Println("\n| requests of the callers, a second | median |\n|---|---|")
	for _, l := range loads {
		r := slices.Sorted(slices.Values(rates[l.name]))
		fmt.Printf("| %s | %.0f |\n", l.name, r[len(r)/2])
	}
}
