# Everything a contributor needs. "make check" is what continuous integration runs.

SHELL := /bin/bash
BIN := $(CURDIR)/.cache/bin
export AUTH_TEST_REQUIRE ?= 1

# Packages with tests of pure computation that skip themselves under the race detector.
UNRACED := ./jwt/... ./middleware/...

.PHONY: help test check tools fmt fuzz bench soak cover matrix mutate vuln sbom disposable

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: tools ## Run all tests against real servers, which it installs and builds first
	go test ./...

check: tools ## Run what CI runs: format, vet, lint, builds, fuzzing, tests with the race detector
	.ci/format
	go mod verify
	go vet ./...
	.ci/modules go vet ./...
	go build -o /dev/null ./...
	.ci/modules go build -o /dev/null ./...
	$(BIN)/golangci-lint run ./...
	.ci/modules $(BIN)/golangci-lint run ./...
	.ci/fuzz 5s
	.ci/modules go test -timeout 10m ./...
	go test $(UNRACED)
	go test -race -timeout 20m ./...

tools: ## Install and build the servers, peers and linters that tests and checks use
	@.ci/tools

fmt: tools ## Format all Go code
	@.ci/format -w

fuzz: tools ## Fuzz every target for a minute each
	.ci/fuzz 60s

bench: ## Measure what a request costs, beside other libraries and the bare curve, into the README; then run all benchmarks
	cd bench && go run . -readme ../README.md
	go test -run '^$$' -bench . -benchmem ./...

soak: tools ## Mixed traffic with failing stores for half an hour, then its invariants
	AUTH_SOAK=30m go test -count=1 -timeout 60m -run TestSoak -v ./internal/catalogue

cover: tools ## Show test coverage by function
	go test -coverpkg=./... -coverprofile=.cache/cover.out ./...
	go tool cover -func=.cache/cover.out

matrix: tools ## Run the contract of stores on every back end and write the table in the README
	go build -C internal/tools/matrix -o $(BIN)/ .
	$(BIN)/matrix

sbom: ## Write sbom.json: the modules of the library, as CycloneDX
	go run ./internal/tools/sbom -o sbom.json ./...

vuln: ## Look for known vulnerabilities (needs the network)
	go run golang.org/x/vuln/cmd/govulncheck@latest ./...

mutate: tools ## Take out one control after the other and demand that a test goes red: docs/security/mutations.md
	go run ./internal/tools/mutate

disposable: ## Bring the list of disposable mail domains up to date (needs the network)
	go run ./abuse/disposable/refresh
