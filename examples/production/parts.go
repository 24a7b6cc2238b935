package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/sender/smtp"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/store/redisstore"
)

// lookup reads a setting.
type lookup func(name string) (string, bool)

// reach is how long a server may take to answer at the start, and to a question whether it is ready.
const reach = 10 * time.Second

// backends are the two servers that keep something.
type backends struct {
	rdb   *redis.Client
	mongo *mongo.Client
	store *mongostore.Store
}

// connect opens both servers and looks whether they are fit for their task. It fails rather than start without one.
func connect(ctx context.Context, env lookup) (b *backends, err error) {
	uri, _ := env("MONGO_URI")
	url, _ := env("REDIS_URL")
	opts, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("setting REDIS_URL is missing or no Redis URL") // without the URL: it holds a password
	}
	opts.ContextTimeoutEnabled = true // a request that was given up waits for no server
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return nil, errors.New("setting MONGO_URI is missing or no MongoDB URI")
	}
	b = &backends{rdb: redis.NewClient(opts), mongo: client}
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	if err := b.open(ctx, env); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *backends) open(ctx context.Context, env lookup) error {
	warnings, err := redisstore.Check(ctx, b.rdb)
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	for _, w := range warnings {
		slog.WarnContext(ctx, "redis: "+w)
	}
	name, ok := env("MONGO_DATABASE")
	if !ok {
		name = "auth"
	}
	// Where a server has no TTL indexes, a job must call Sweep; MongoDB has them.
	sweeps, _ := env("MONGO_NO_TTL")
	b.store = mongostore.New(b.mongo.Database(name), &mongostore.Options{AllowNoTTL: sweeps == "true"})
	if err := b.store.Ensure(ctx); err != nil {
		return fmt.Errorf("mongodb: %w", err)
	}
	return nil
}

// ready reports whether both servers answer. While one does not, requests are answered with 503 and nobody is let through.
func (b *backends) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	return errors.Join(b.rdb.Ping(ctx).Err(), b.mongo.Ping(ctx, nil))
}

func (b *backends) close() {
	_ = b.rdb.Close()
	_ = b.mongo.Disconnect(context.Background())
}

// newAuth is the library with all that belongs around it.
func newAuth(env lookup, b *backends) (*auth.Auth, error) {
	config, err := auth.ConfigFrom(env)
	if err != nil {
		return nil, err
	}
	if config.Email, err = mailer(env); err != nil {
		return nil, err
	}
	config.Store = b.store                            // accounts, sessions, passkeys, keys, enrolments, revocations
	config.KV = redisstore.New(b.rdb, nil).KV()       // codes, challenges, counters
	config.Logger = slog.Default().With("in", "auth") // events go here too; set config.Audit to keep them elsewhere
	return auth.New(config)
}

// mailer is the mail server of SMTP_URL. SMTP_CA_FILE names the certificates of a private authority.
func mailer(env lookup) (sender.Email, error) {
	url, _ := env("SMTP_URL")
	opts, err := smtp.Parse(url)
	if err != nil {
		return nil, errors.New("setting SMTP_URL is missing or no SMTP URL")
	}
	if file, ok := env("SMTP_CA_FILE"); ok {
		pem, err := os.ReadFile(file) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, fmt.Errorf("setting SMTP_CA_FILE: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("setting SMTP_CA_FILE holds no certificate")
		}
		opts.TLSConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return smtp.New(opts)
}
