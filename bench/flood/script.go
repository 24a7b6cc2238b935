package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// honest sends the token in every request.
func honest(s served) string { return alternate(s.token) }

// nobody sends no token.
func nobody(served) string { return "wrk.headers = {}\n" }

// withoutMAC sends a token in every second request whose mac does not hold. It has the form of one, so that it must be computed.
func withoutMAC(s served) string {
	payload := strings.LastIndexByte(s.token, '.')
	return alternate(s.token, s.token[:payload-20]+"AAAAAAAA"+s.token[payload-12:])
}

// flipped sends the token with another signature in every second request.
func flipped(s served) string {
	last := map[bool]string{true: "B", false: "A"}[s.token[len(s.token)-20] == 'A']
	return alternate(s.token, s.token[:len(s.token)-20]+last+s.token[len(s.token)-19:])
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

// measure answers the requests a second.
func measure(ctx context.Context, url, script string, length time.Duration) (float64, error) {
	seconds := strconv.Itoa(max(int(length.Seconds()), 1)) + "s"
	out, err := exec.CommandContext(ctx, "wrk", "-t", "1", "-c", "16", "-d", seconds, "-s", script, url).CombinedOutput() //nolint:gosec // ours
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	m := perSecond.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("wrk says nothing of a rate: %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}
