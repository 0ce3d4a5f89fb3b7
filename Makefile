SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Which packages `make test` tests, and with which further flags: make test PKG=./pkg/... ARGS='-run TestX -v'
PKG  ?= ./...
ARGS ?=

SERVICES := $(patsubst services/%/main.go,%,$(wildcard services/*/main.go))
BINARIES := $(SERVICES:%=bin/picket-%) bin/picket-local
TOOLS    := bin/buf bin/protoc-gen-go bin/protoc-gen-go-grpc bin/golangci-lint bin/grpcurl
MODULES  := . gen tools tools/buf tools/images tools/k8s tools/lint tools/telemetrygen

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r t d; do printf '  %-12s %s\n' "$$t" "$$d"; done

##
## Build and run

.PHONY: build
build: $(BINARIES) ## Build the services and picket-local into bin

# Go knows better than make what is stale.
bin/picket-local: FORCE
	go build -o $@ ./deploy/local
bin/picket-%: FORCE
	go build -o $@ ./services/$*
.PHONY: FORCE
FORCE:

# For which architectures images are made, and what they are called: make images IMAGE_ARCH='amd64 arm64' IMAGE_VERSION=v1
IMAGE_ARCH    ?= $(shell go env GOARCH)
IMAGE_VERSION ?= dev

.PHONY: images
images: ## Make a container image of each service in bin/images, without an engine (IMAGE_ARCH='amd64 arm64' IMAGE_VERSION=v1)
	for arch in $(IMAGE_ARCH); do \
		for service in $(SERVICES); do \
			CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -trimpath -o bin/linux-$$arch/picket-$$service ./services/$$service; \
		done; \
		GOWORK=off go -C tools/images run . -out $(CURDIR)/bin/images -arch $$arch -version $(IMAGE_VERSION) \
			-revision $$(git rev-parse HEAD) -created $$(git log -1 --format=%ct) $(SERVICES:%=$(CURDIR)/bin/linux-$$arch/picket-%); \
	done

.PHONY: run
run: build ## Run everything here: PostgreSQL, Redis, the four services and a sample
	bin/picket-local run

.PHONY: demo
demo: build ## The same, and end
	bin/picket-local demo

.PHONY: clean
clean: ## Remove what was built, tools included
	rm -rf bin

##
## Test

.PHONY: test
test: bin/picket-local bin/grpcurl ## Run the tests, with a Postgres and a Redis of their own (PKG=./pkg/... ARGS=-v)
	bin/picket-local exec -- go test -race -shuffle=on -timeout 30m $(ARGS) $(PKG)

.PHONY: e2e
e2e: build bin/grpcurl ## Run the end-to-end tests against the binaries
	bin/picket-local exec -- go test -race -count=1 -timeout 30m $(ARGS) ./test/e2e/...

.PHONY: test-kafka
test-kafka: bin/picket-local ## Run the Kafka tests on a real Apache Kafka (PICKET_TEST_KAFKA=host:port, or one of its own)
	tools/test-kafka.sh $(ARGS)

.PHONY: test-otlp
test-otlp: bin/picket-local bin/telemetrygen ## Send spans with the SDK for JavaScript and with the collector's telemetrygen
	tools/test-otlp.sh

.PHONY: bench-ingest
bench-ingest: build ## Measure how fast occurrences come in, beside a COPY of the same bytes (ARGS=-phase=5s)
	go build -o bin/bench-ingest ./test/bench/ingest
	TMPDIR=$${TMPDIR:-/var/tmp} bin/picket-local -durable exec -- bin/bench-ingest -bin bin $(ARGS)

.PHONY: bench-grouping
bench-grouping: bin/picket-local bin/picket-grouping ## Measure AssignGroups beside a COPY of the same rows (ARGS='-large 10000')
	go build -o bin/bench-grouping ./test/bench/grouping
	TMPDIR=$${TMPDIR:-/var/tmp} bin/picket-local -durable exec -- bin/bench-grouping -bin bin $(ARGS)

.PHONY: bench-traces
bench-traces: bin/picket-local ## Measure the span store beside a COPY of the same bytes (ARGS='-spans 100000 -of copy,blocks,jsonb,tokens')
	go build -o bin/bench-traces ./services/traces/internal/benchtest
	TMPDIR=$${TMPDIR:-/var/tmp} bin/picket-local -durable exec -- bin/bench-traces $(ARGS)

.PHONY: bench-search
bench-search: bin/picket-local bin/picket-search ## Measure issue search (ARGS='-issues 10000 -events 100000')
	TMPDIR=$${TMPDIR:-/var/tmp} bin/picket-local -durable exec -- go run ./test/bench/search $(ARGS)

.PHONY: bench
bench: ## Measure everything, one after the other, beside the floors of the machine: about 10 minutes
	$(MAKE) bench-ingest ARGS=
	$(MAKE) bench-grouping ARGS=
	$(MAKE) bench-traces ARGS='-cell 3s'
	$(MAKE) bench-search ARGS='-cell 300ms'

.PHONY: lint
lint: bin/golangci-lint ## Lint the Go code
	bin/golangci-lint run ./...
	cd tools && GOWORK=off ../bin/golangci-lint run ./...
	cd tools/k8s && GOWORK=off ../../bin/golangci-lint run ./...
	cd tools/images && GOWORK=off ../../bin/golangci-lint run ./...

.PHONY: fmt
fmt: bin/golangci-lint bin/buf ## Format the Go code and the protos
	bin/golangci-lint fmt
	bin/buf format -w proto

##
## Generate, and check that what is committed is what would be generated

.PHONY: gen
gen: bin/buf bin/protoc-gen-go bin/protoc-gen-go-grpc ## Generate gen/picket from proto
	rm -rf gen/picket
	bin/buf generate

# -agree-with: the protos must be those that the Go code is linked with.
VENDORPROTO := GOWORK=off go -C tools run ./vendorproto -agree-with ../gen/go.mod,../go.mod

# One that was shipped stays as it is: bodies name it. With the next come its hash in dictionary_test.go and newestDictionary.
.PHONY: payload-dictionary
payload-dictionary: ## Train the next dictionary of payloads (NUMBER=2)
	@[ ! -e services/ingest/internal/store/dictionary-$(NUMBER).zstd ] || { echo "dictionary $(NUMBER) was shipped" >&2; exit 1; }
	go run ./services/ingest/internal/store/trainer -number $(NUMBER) -out services/ingest/internal/store/dictionary-$(NUMBER).zstd

.PHONY: third-party
third-party: ## Print third_party/proto from the Go modules it comes from
	rm -rf third_party/proto/{buf,google,opentelemetry}
	$(VENDORPROTO) -out ../third_party/proto

.PHONY: verify
verify: verify-third-party verify-gen verify-proto verify-mod verify-build verify-k8s verify-images ## Check generated code, contract, modules, manifests and images

.PHONY: verify-third-party verify-gen verify-proto verify-mod verify-build verify-k8s verify-images
verify-third-party:
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	$(VENDORPROTO) -out "$$dir"; \
	diff -r --exclude=LICENSE "$$dir" third_party/proto || { echo "third_party/proto is stale: make third-party" >&2; exit 1; }

verify-gen: bin/buf bin/protoc-gen-go bin/protoc-gen-go-grpc
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	bin/buf generate -o "$$dir"; \
	diff -r "$$dir/gen/picket" gen/picket || { echo "gen/picket is stale: make gen" >&2; exit 1; }

verify-proto: bin/buf
	bin/buf lint
	bin/buf format -d --exit-code proto
	tools/breaking.sh

verify-mod:
	@for dir in $(MODULES); do \
		GOWORK=off go -C $$dir mod tidy -diff || { echo "$$dir/go.mod is not tidy: GOWORK=off go -C $$dir mod tidy" >&2; exit 1; }; \
	done

# As a client or an image build sees the modules, without go.work.
verify-build:
	GOWORK=off go build ./...
	GOWORK=off go -C gen build ./...

# The test says that what is wrong would be found. It spoils deploy/k8s, whose changes Go's cache of results does not see.
verify-k8s:
	GOWORK=off go -C tools/k8s test -count=1 ./...
	GOWORK=off go -C tools/k8s run . -root ../..

verify-images:
	GOWORK=off go -C tools/images test ./...

##
## Tools, each at the version that its go.mod names. They are modules of their own, outside go.work, because a
## workspace has one version of everything: buf alone would lift protobuf to a pre-release for the services too.

.PHONY: tools
tools: $(TOOLS) ## Build the tools that the other targets use

bin/buf: tools/buf/go.mod tools/buf/go.sum
	GOWORK=off go -C tools/buf build -o $(CURDIR)/$@ github.com/bufbuild/buf/cmd/buf && touch $@
bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	GOWORK=off go -C tools/lint build -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint && touch $@
bin/protoc-gen-go: tools/go.mod tools/go.sum
	GOWORK=off go -C tools build -o $(CURDIR)/$@ google.golang.org/protobuf/cmd/protoc-gen-go && touch $@
bin/protoc-gen-go-grpc: tools/go.mod tools/go.sum
	GOWORK=off go -C tools build -o $(CURDIR)/$@ google.golang.org/grpc/cmd/protoc-gen-go-grpc && touch $@
bin/telemetrygen: tools/telemetrygen/go.mod tools/telemetrygen/go.sum
	GOWORK=off go -C tools/telemetrygen build -o $(CURDIR)/$@ github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen && touch $@
bin/grpcurl: tools/go.mod tools/go.sum
	GOWORK=off go -C tools build -o $(CURDIR)/$@ github.com/fullstorydev/grpcurl/cmd/grpcurl && touch $@
