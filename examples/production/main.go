// Command production is a service as it runs for real: accounts and sessions in MongoDB, what expires in Redis, mail through SMTP, any number
// of instances behind a proxy, keys that can be rotated without signing anybody out.
//
//	export AUTH_ISSUER=https://example.com
//	export AUTH_SECRET="$(openssl rand -base64 32)"
//	export JWT_PRIVATE_KEY="$(openssl ecparam -genkey -name secp521r1 -noout)"
//	export TRUSTED_PROXIES=10.0.0.0/8
//	export MONGO_URI=mongodb://db.internal MONGO_DATABASE=example REDIS_URL=rediss://cache.internal
//	export SMTP_URL='smtp://user:password@mail.internal:587?from=Example%20<noreply@example.com>'
//	go run ./examples/production -addr :8080
//
// All other settings of docs/settings.md hold too. To rotate, see docs/deployment.md: JWT_PREVIOUS_PUBLIC_KEYS and AUTH_PREVIOUS_SECRETS
// are what an instance still accepts.
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
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		slog.Error("ended", "cause", err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do
	}
}

func run(ctx context.Context, addr string) error {
	back, err := connect(ctx, os.LookupEnv)
	if err != nil {
		return err
	}
	defer back.close()
	a, err := newAuth(os.LookupEnv, back)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return serve(ctx, listener, a, back)
}

// drain is how long requests and messages under way may take once the program is asked to end. What stops it must wait longer.
const drain = 20 * time.Second

// serve answers requests until ctx ends, then finishes those that have begun, and sends the messages that were accepted.
func serve(ctx context.Context, listener net.Listener, a *auth.Auth, back *backends) error {
	server := &http.Server{
		Handler:           handler(a, back),
		ReadHeaderTimeout: 5 * time.Second, // a client that trickles its request in holds a connection no longer
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute, // more than the proxy's, so that it is the proxy that hangs up
		MaxHeaderBytes:    32 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	return errors.Join(server.Shutdown(end), a.Close(end))
}

func handler(a *auth.Auth, back *backends) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.Handler())
	mux.Handle("/.well-known/", a.WellKnown())
	mux.Handle("GET /me", a.RequireAuth(http.HandlerFunc(me)))
	mux.HandleFunc("GET /livez", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := back.ready(r.Context()); err != nil {
			slog.WarnContext(r.Context(), "not ready", "cause", err)
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return mux
}

func me(w http.ResponseWriter, r *http.Request) {
	who, _ := auth.FromContext(r.Context())
	fmt.Fprintln(w, who.UserID)
}
