package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/crafteasy/auth/bench/internal/local"
)

// served is a server in a process of its own.
type served struct {
	url, token string
	stop       func()
}

// spawn starts this program again as a server of that kind.
func spawn(ctx context.Context, kind, redis string) (served, error) {
	self, err := os.Executable()
	if err != nil {
		return served{}, err
	}
	cmd := exec.CommandContext(ctx, self, "-serve", kind, "-redis", redis) //nolint:gosec // the program itself
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return served{}, err
	}
	if err := cmd.Start(); err != nil {
		return served{}, err
	}
	s := served{stop: func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, &s.url, &s.token)
	}
	if err != nil {
		s.stop()
		return served{}, fmt.Errorf("the server %s does not start: %w", kind, err)
	}
	return s, nil
}

// startRedis starts a server without persistence on a free port.
func startRedis(ctx context.Context, dir string) (stop func(), url string, err error) {
	port, err := local.FreePort(ctx)
	if err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(ctx, "redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", dir) //nolint:gosec // fixed
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("redis-server does not start (it is the Debian package redis-server): %w", err)
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	for range 100 {
		if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:"+port); err == nil {
			_ = c.Close()
			return stop, "redis://127.0.0.1:" + port, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return nil, "", errors.New("redis-server does not answer")
}
