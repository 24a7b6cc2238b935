// Command swarm signs many people in at once against the example server: each asks for a code, proves it, makes three calls, refreshes,
// calls again, logs out, and sees every token of theirs refused. It prints what took how long, what was answered wrongly, and what the
// server holds afterwards. Everything is on loopback. Run it in the folder bench: go run ./swarm
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

func main() {
	users := flag.Int("users", 10_000, "how many people sign in")
	together := flag.Int("together", 10_000, "how many of them at the same time")
	redis := flag.String("redis", "", "URL of a Redis server, for the server's store (default: memory)")
	crowds := flag.Int("crowds", 2, "how often, with other people each time: what stays of one must not add up")
	settle := flag.Duration("settle", 10*time.Minute, "how long the server rests afterwards, at most: it collects every two minutes")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	err := run(ctx, *users, *together, *crowds, *redis, *settle)
	cancel()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, users, together, crowds int, redis string, settle time.Duration) error {
	dir, err := os.MkdirTemp("", "swarm")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "server")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./examples/server") //nolint:gosec // fixed but for the folder
	build.Dir, build.Stderr = "..", os.Stderr                                           // the root of the library, whose requirements are not those of this module
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the example server: %w", err)
	}
	mail, err := newMailbox()
	if err != nil {
		return err
	}
	defer mail.close()

	// What a server holds that nobody used yet, to compare with.
	idle, err := start(ctx, binary, mail.addr, redis)
	if err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	before, err := idle.end()
	if err != nil {
		return err
	}
	s, err := start(ctx, binary, mail.addr, redis)
	if err != nil {
		return err
	}
	for crowd := range crowds {
		results, took := swarm(ctx, s.base, mail, crowd*users, users, together)
		report(results, users, together, took)
		fmt.Printf("\nresident memory, of a server that nobody used: %d MB\n", before.memory>>20)
		s.rest(settle)
	}
	after, err := s.end()
	fmt.Printf("goroutines before %d, after %d\n", before.goroutines, after.goroutines)
	return err
}

// swarm lets the people in, numbered from first on, at most together at a time.
func swarm(ctx context.Context, base string, mail *mailbox, first, users, together int) ([]*person, time.Duration) {
	client := newClient(together)
	defer client.CloseIdleConnections()
	people := make([]*person, users)
	queue := make(chan *person)
	var crowd sync.WaitGroup
	for range together {
		crowd.Go(func() {
			for p := range queue {
				p.live(ctx)
			}
		})
	}
	begin := time.Now()
	for i := range people {
		n := first + i
		people[i] = &person{client: client, base: base, mail: mail, name: fmt.Sprintf("person%d@example.com", n), ip: address(n)}
		queue <- people[i]
	}
	close(queue)
	crowd.Wait()
	return people, time.Since(begin)
}

// address is a client address for every person, as a proxy would name it.
func address(i int) string { return fmt.Sprintf("198.18.%d.%d", i/250%250, i%250+1) }
