package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// honest sends the token in every request.
func honest(s served) string { return alternate(s.token) }

// inTurns sends the token in every other request, and what is forged between.
func inTurns(forge func(token string) string) func(s served) string {
	return func(s served) string { return alternate(s.token, forge(s.token)) }
}

// nobody sends no token.
func nobody(served) string { return "wrk.headers = {}\n" }

// withoutMAC sends a token whose mac does not hold. It has the form of one, so that it must be computed.
func withoutMAC(s served) string { return alternate(unsealed(s.token)) }

// flipped sends the token with another signature.
func flipped(s served) string { return alternate(resigned(s.token)) }

func unsealed(token string) string {
	payload := strings.LastIndexByte(token, '.')
	return token[:payload-20] + "AAAAAAAA" + token[payload-12:]
}

func resigned(token string) string {
	last := map[bool]string{true: "B", false: "A"}[token[len(token)-20] == 'A']
	return token[:len(token)-20] + last + token[len(token)-19:]
}

// alternate is a script that sends the tokens in turn.
func alternate(tokens ...string) string {
	var b strings.Builder
	b.WriteString("local requests = {}\nfunction init()\n")
	for i, t := range tokens {
		fmt.Fprintf(&b, "requests[%d] = wrk.format('GET', '/', {Authorization = 'Bearer %s'})\n", i+1, t)
	}
	fmt.Fprintf(&b, "end\nlocal n = 0\nfunction request()\nn = n %% %d + 1\nreturn requests[n]\nend\n", len(tokens))
	return b.String()
}

var perSecond = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)

// measure answers the requests a second of the callers.
func (l *load) measure(ctx context.Context, s served, dir string, length time.Duration) (rate float64, err error) {
	var forgers errgroup.Group
	if l.forged != nil {
		forgers.Go(func() error {
			_, err := wrk(ctx, s.url, filepath.Join(dir, "forged.lua"), l.forged(s), l.forgers, length)
			return err
		})
	}
	rate, err = wrk(ctx, s.url, filepath.Join(dir, "honest.lua"), l.honest(s), callers, length)
	return rate, errors.Join(err, forgers.Wait())
}

func wrk(ctx context.Context, url, path, script string, connections int, length time.Duration) (float64, error) {
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		return 0, err
	}
	seconds := strconv.Itoa(max(int(length.Seconds()), 1)) + "s"
	out, err := exec.CommandContext(ctx, "wrk", "-t", "1", "-c", strconv.Itoa(connections), "-d", seconds, "-s", path, url).CombinedOutput() //nolint:gosec // ours
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	m := perSecond.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("wrk says nothing of a rate: %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}
