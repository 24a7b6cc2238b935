// Command prometheus shows what a service tells Prometheus: sign-ins, refusals, codes, token checks and durations.
//
// It is a module of its own, as the package for OpenTelemetry is. Run it in this folder:
//
//	go run .
//	curl -s localhost:8080/auth/login/email -H 'Content-Type: application/json' -d '{"email":"you@example.com"}'
//	curl -s localhost:8080/auth/login/verify -H 'Content-Type: application/json' -d '{"target":"you@example.com","code":"…"}'
//	curl -s localhost:9090/metrics | grep ^auth
//
// The code appears where the program runs. The metrics are for those who run the service: they have an address of their own, which
// the proxy in front does not pass on.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
	authotel "github.com/crafteasy/auth/otel"
	"github.com/crafteasy/auth/sender"
)

func main() {
	_, service, metrics, err := handlers(sender.EmailFunc(func(_ context.Context, m sender.Message) error {
		fmt.Println(m.To, m.Text)
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	serve := func(addr string, h http.Handler) error {
		server := &http.Server{Addr: addr, Handler: h, ReadHeaderTimeout: 5 * time.Second}
		return server.ListenAndServe()
	}
	go func() { log.Fatal(serve("127.0.0.1:9090", metrics)) }()
	log.Fatal(serve("127.0.0.1:8080", service))
}

// handlers are the library, the service and its metrics.
func handlers(mail sender.Email) (a *auth.Auth, service, metrics http.Handler, err error) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry), exporter.WithoutScopeInfo(),
		exporter.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		return nil, nil, nil, err
	}
	telemetry, err := authotel.New(&authotel.Options{MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))})
	if err != nil {
		return nil, nil, nil, err
	}
	keys, err := jwt.GenerateKeys()
	if err != nil {
		return nil, nil, nil, err
	}
	a, err = auth.New(auth.Config{
		Issuer: "http://localhost:8080", Keys: keys, Secret: auth.NewSecret(), SignUp: true, Email: mail,
		Observe: telemetry.Observe, Audit: telemetry,
	})
	if err != nil {
		return nil, nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.Handler())
	mux.Handle("GET /me", a.RequireAuth(http.HandlerFunc(me)))
	return a, mux, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), nil
}

func me(w http.ResponseWriter, r *http.Request) {
	who, _ := auth.FromContext(r.Context())
	fmt.Fprintln(w, who.UserID)
}
