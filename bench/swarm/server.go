package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/crafteasy/auth/bench/internal/local"
)

// server is the example server in a process of its own.
type server struct {
	base   string
	cmd    *exec.Cmd
	stderr said
}

// said is what a process writes, which may be read meanwhile.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// held is what a process holds.
type held struct {
	memory     int // bytes of resident memory
	goroutines int
}

func start(ctx context.Context, binary, mail, redis string) (*server, error) {
	port, err := local.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	s := &server{base: "http://127.0.0.1:" + port}
	s.cmd = exec.CommandContext(ctx, binary, "-addr", "127.0.0.1:"+port) //nolint:gosec // built above
	from := url.QueryEscape("auth <auth@example.com>")
	s.cmd.Env = append(os.Environ(),
		"SMTP_URL=smtp://"+mail+"?from="+from+"&insecure_no_tls="+url.QueryEscape("loopback"),
		"TRUSTED_PROXIES=127.0.0.1/32", "DAILY_EMAIL_CAP=1000000", "GOTRACEBACK=all", "GODEBUG=gctrace=1",
	)
	if redis != "" {
		s.cmd.Env = append(s.cmd.Env, "REDIS_URL="+redis)
	}
	s.cmd.Stderr = &s.stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for range 100 {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/healthz", nil)
		if err != nil {
			return nil, err
		}
		if w, err := http.DefaultClient.Do(r); err == nil {
			_ = w.Body.Close()
			http.DefaultClient.CloseIdleConnections()
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, fmt.Errorf("the example server does not answer: %s", &s.stderr)
}

var (
	collected = regexp.MustCompile(`(?m)^gc \d+ .*->(\d+) MB, \d+ MB goal`)
	resident  = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)
	goroutine = regexp.MustCompile(`(?m)^goroutine \d+ `)
)

// memory answers the resident bytes.
func (s *server) memory() int {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "status"))
	if m := resident.FindSubmatch(status); err == nil && m != nil {
		kb, _ := strconv.Atoi(string(m[1]))
		return kb << 10
	}
	return 0
}

// live answers what was in use when the collector last came, in MB.
func (s *server) live() string {
	if all := collected.FindAllStringSubmatch(s.stderr.String(), -1); len(all) > 0 {
		return all[len(all)-1][1]
	}
	return "?"
}

// rest prints what the process holds while it has nothing to do, every minute for that long.
func (s *server) rest(settle time.Duration) {
	for passed := time.Duration(0); ; passed += time.Minute {
		fmt.Printf("resident memory, %s after the last request: %d MB; in use when the collector last came: %s MB\n", passed, s.memory()>>20, s.live())
		if passed >= settle {
			return
		}
		time.Sleep(time.Minute)
	}
}

// end asks the process for its goroutines, which ends it.
func (s *server) end() (held, error) {
	h := held{memory: s.memory()}
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		return h, err
	}
	_ = s.cmd.Wait() // it says how it ended, which is known
	h.goroutines = len(goroutine.FindAllString(s.stderr.String(), -1))
	return h, nil
}
