package testutil

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// PostgresServer returns the URL of the database "postgres" on a PostgreSQL server that forgets on a crash.
func PostgresServer(tb testing.TB) string {
	tb.Helper()
	return useServer(tb, postgresServer)
}

var postgresServer = sync.OnceValues(func() (string, error) {
	bin, err := postgresBin()
	if err != nil {
		return "", err
	}
	owner, err := postgresOwner()
	if err != nil {
		return "", err
	}
	port, err := onFreePort(func(port int) error {
		dir, err := running.folder("postgres-" + strconv.Itoa(port))
		if err != nil {
			return err
		}
		if owner != nil {
			if err := os.Chown(dir, int(owner.uid), int(owner.gid)); err != nil {
				return fmt.Errorf("PostgreSQL: %w", err)
			}
		}
		data := filepath.Join(dir, "data")
		if err := initdb(bin, dir, data, owner); err != nil {
			return err
		}
		return start(command{
			path: filepath.Join(bin, "postgres"),
			args: []string{
				"-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-F",
				"-c", "unix_socket_directories=", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
			},
			dir: dir, user: owner, stop: syscall.SIGINT, // SIGTERM would wait for the clients to leave
			ready: func() error {
				_, err := output(filepath.Join(bin, "pg_isready"), nil, "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(port))
				return err
			},
		})
	})
	return "postgres://postgres@" + loopback(port) + "/postgres", err
})

// postgresBin returns the folder of the server's programs, which Debian keeps out of PATH, one folder per version.
func postgresBin() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", apt("the PostgreSQL server", "postgresql")
	}
	return filepath.Dir(path), nil
}

// postgresOwner returns the user to run as: the server refuses root.
func postgresOwner() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no other account is the answer
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, apt("the user postgres", "postgresql")
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	return &account{uid: uint32(uid), gid: uint32(gid)}, nil
}

// initdb makes the files of a server in data.
func initdb(bin, dir, data string, owner *account) error {
	cmd := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres",
		"--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
	cmd.Dir = dir
	cmd.SysProcAttr = attributes(owner)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}
