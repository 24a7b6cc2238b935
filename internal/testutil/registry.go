package testutil

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
)

// running holds what this test binary started.
var running registry

// registry starts processes from one thread and stops them all.
//
// Linux ends a child when the thread that forked it ends, so every fork happens on a thread of its own, which a
// goroutine holds until the last child is gone.
type registry struct {
	mu    sync.Mutex
	forks chan func()
	dir   string
	procs []*process
}

// open makes the registry ready; without it nothing starts.
func (r *registry) open() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forks = make(chan func())
	go func(forks <-chan func()) {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for fork := range forks {
			fork()
		}
	}(r.forks)
}

// managed reports whether somebody will call stop.
func (r *registry) managed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.forks != nil
}

// start forks p and keeps it for stop.
func (r *registry) start(p *process) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.forks == nil {
		return errors.New("testutil.Main is not in charge")
	}
	started := make(chan error)
	r.forks <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		return err
	}
	go func() {
		_ = p.cmd.Wait() // how a server ended tells nothing that its log does not
		close(p.done)
	}()
	r.procs = append(r.procs, p)
	return nil
}

// folder makes a folder for one server. Others than its owner may read it: PostgreSQL runs as a user of its own.
func (r *registry) folder(name string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir == "" {
		dir, err := os.MkdirTemp("", "auth-test-")
		if err != nil {
			return "", fmt.Errorf("folder: %w", err)
		}
		r.dir = dir
	}
	if err := os.Chmod(r.dir, 0o755); err != nil {
		return "", fmt.Errorf("folder: %w", err)
	}
	dir := filepath.Join(r.dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", fmt.Errorf("folder: %w", err)
	}
	return dir, nil
}

// stop ends every process, the latest first, and removes their folders.
func (r *registry) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range slices.Backward(r.procs) {
		p.end()
	}
	close(r.forks)
	if r.dir != "" {
		_ = os.RemoveAll(r.dir)
	}
	r.forks, r.procs, r.dir = nil, nil, ""
}
