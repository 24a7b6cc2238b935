package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

// options are the command line.
type options struct {
	listen    string
	handler   string
	sqlite    string
	postgres  string
	serialize bool
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:27017", "loopback `address` to serve on; port 0 picks a free one")
	flag.StringVar(&o.handler, "handler", "sqlite", "back end: sqlite or postgresql")
	flag.StringVar(&o.sqlite, "sqlite-url", "file:data/", "`URL` of an existing directory; in-memory databases hang on updates")
	flag.StringVar(&o.postgres, "postgresql-url", "", "`URL` of a database, as postgres://user@127.0.0.1:5432/name")
	flag.BoolVar(&o.serialize, "serialize", true, "run one write command at a time, as MongoDB does for one document")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx ends. It prints the MongoDB URI once connections are accepted.
func run(ctx context.Context, o options) error {
	if err := loopback(o.listen); err != nil {
		return err
	}
	backend := o.listen
	if o.serialize {
		backend = "127.0.0.1:0"
	}
	f, err := ferretdb.New(&ferretdb.Config{
		Logger:        slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Listener:      ferretdb.ListenerConfig{TCP: backend},
		Handler:       o.handler,
		SQLiteURL:     o.sqlite,
		PostgreSQLURL: o.postgres,
	})
	if err != nil {
		return fmt.Errorf("start FerretDB: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()

	uri := f.MongoDBURI()
	if o.serialize {
		if uri, err = front(ctx, uri, o.listen); err != nil {
			return err
		}
	}
	fmt.Println(uri)
	return <-done
}

// front puts the serializing proxy at listen before the server at backend, and returns its URI.
func front(ctx context.Context, backend, listen string) (string, error) {
	u, err := url.Parse(backend)
	if err != nil {
		return "", fmt.Errorf("read FerretDB's address: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	p := &proxy{backend: u.Host}
	go p.serve(ctx, l)
	return "mongodb://" + l.Addr().String() + "/", nil
}

// loopback refuses an address that others could reach: the server knows no passwords.
func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("-listen: %q is not a loopback address", host)
	}
	return nil
}
