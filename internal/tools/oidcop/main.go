package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	port := flag.Int("port", 0, "loopback port to serve on; 0 picks a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *port)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends. It prints the issuer once connections are accepted.
func run(ctx context.Context, port int) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	// The example accepts an http issuer only under this name, and publishes it with the slash.
	_, bound, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	issuer := "http://localhost:" + bound + "/"
	srv := &http.Server{Handler: provider(issuer), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	fmt.Println(issuer)
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// provider returns the example provider with open registration and key rotation in front of it. Its storage makes a signing key of its own.
func provider(issuer string) http.Handler {
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	anew := func() http.Handler { return exampleop.SetupServer(issuer, storage.NewStorage(users{}), logger, false) }
	return &registration{next: anew(), anew: anew}
}
