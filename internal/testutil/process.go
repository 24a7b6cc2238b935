package testutil

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// command describes a server to start.
type command struct {
	path  string
	args  []string
	dir   string       // working directory; its log lies here
	ready func() error // nil once the server answers
	user  *account     // whom it runs as; nil is this user
	stop  os.Signal    // asks it to end; nil is SIGTERM
}

// account is a user of this machine.
type account struct{ uid, gid uint32 }

// process is a running server.
type process struct {
	command
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// start runs c and waits until it is ready.
func start(c command) error {
	_, err := launch(c)
	return err
}

// launch is start for servers that a test ends itself.
func launch(c command) (*process, error) {
	log, err := os.Create(filepath.Join(c.dir, "log"))
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	defer func() { _ = log.Close() }()
	if c.stop == nil {
		c.stop = syscall.SIGTERM
	}
	cmd := exec.Command(c.path, c.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, log, log
	cmd.SysProcAttr = attributes(c.user)

	p := &process{command: c, cmd: cmd, done: make(chan struct{})}
	if err := running.start(p); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(c.path), err)
	}
	if err := poll(p.done, c.ready); err != nil {
		return nil, fmt.Errorf("start %s: %w; its log ends:\n%s", filepath.Base(c.path), err, tail(log.Name()))
	}
	return p, nil
}

// end asks the server to end, and ends it after 5 s.
func (p *process) end() {
	_ = p.cmd.Process.Signal(p.stop)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// tail returns the last lines of a file.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}
