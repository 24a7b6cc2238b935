// Command server shows what the library can do, in a browser, with nothing to install: memory as store, a key and a secret made at the
// start, and a page with the messages that would have been sent. It reads every setting of the library from the environment, so the
// same binary runs on real stores and a real mail server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, os.LookupEnv); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do
	}
}

// drain is how long requests and messages under way may take once the server is asked to end.
const drain = 20 * time.Second

// run serves until ctx ends, then answers what was begun and sends what was accepted.
func run(ctx context.Context, addr string, env environment) error {
	app, err := newApp(ctx, addr, env)
	if err != nil {
		return err
	}
	defer app.close()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           app.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	app.welcome(os.Stdout)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	slog.Info("ending: answering what was begun, sending what was accepted")
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	return errors.Join(server.Shutdown(end), app.auth.Close(end))
}

// app is the server's parts.
type app struct {
	auth   *auth.Auth
	issuer string
	inbox  *inbox  // nil where a real mail or SMS provider is configured
	events *events // beside the inbox
	demo   *authtest.Provider
	made   []string
	close  func()
}

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.auth.Handler())
	mux.Handle("/.well-known/", a.auth.WellKnown())
	mux.Handle("/me/sessions", a.auth.SessionsHandler())
	mux.Handle("/me/sessions/", a.auth.SessionsHandler())
	mux.Handle("GET /me", a.auth.RequireAuth(http.HandlerFunc(me)))
	mux.Handle("GET /page", a.auth.OptionalAuth(http.HandlerFunc(page)))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	if a.inbox != nil {
		a.inbox.mount(mux)
		mux.HandleFunc("GET /dev/events.json", a.events.serve)
		mux.HandleFunc("GET /dev/messages", a.messages)
	}
	if a.demo != nil {
		a.mountDemo(mux)
	}
	mountPages(mux)
	return mux
}

// welcome says where to go, and what was made up because it was not set.
func (a *app) welcome(w *os.File) {
	fmt.Fprintf(w, "\n  %s\n\n", a.issuer)
	for _, line := range a.made {
		fmt.Fprintln(w, "  "+line)
	}
	fmt.Fprintln(w)
}
