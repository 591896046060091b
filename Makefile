# `make` alone lists what there is to make.

GO ?= go
PYTHON ?= python3

# Other levels fuse multiplications with additions, which changes the last bits
# of results; see docs/decisions/0004-same-bits.md.
export GOAMD64 := v1

.DEFAULT_GOAL := help
.PHONY: help build demo figures test browser race lint cross bench peers kernels science fuzz faults edits readers check vuln venv clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## bin/sweep
	$(GO) build -o bin/sweep ./cmd/sweep

demo: build ## run shipped experiments in their quick variants, about two minutes
	bin/sweep run experiments/logistic-bifurcation.yaml --variant quick
	bin/sweep run experiments/bms-regimes.yaml --variant quick
	bin/sweep run experiments/hopfield-capacity.yaml --variant quick
	bin/sweep verify results/logistic-bifurcation-quick
	bin/sweep verify results/bms-regimes-quick
	bin/sweep verify results/hopfield-capacity-quick
	@echo "Look at:"
	@ls results/logistic-bifurcation-quick/figures/orbit.png results/hopfield-capacity-quick/figures/retrieval.png results/hopfield-capacity-quick/report.html

figures: build venv ## docs/pictures, drawn by shipped experiments
	bin/sweep run experiments/logistic-bifurcation.yaml
	bin/sweep run experiments/hopfield-capacity.yaml --variant quick
	bin/sweep run experiments/mandelbrot.yaml --variant quick
	.venv/bin/python docs/pictures/shrink.py results/logistic-bifurcation/figures/orbit.png results/hopfield-capacity-quick/figures/retrieval.png results/mandelbrot-quick/figures/mandelbrot.png

venv: .venv/installed ## the Python environment that tests and notebooks use

.venv/installed: notebooks/requirements.txt
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "python3 with its venv module is needed; on Debian: apt install python3 python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r notebooks/requirements.txt
	touch $@

# Most of the time of tests on a disk is waiting for it to sync.
test: export TMPDIR := $(shell if [ -w /dev/shm ]; then echo /dev/shm; else echo $${TMPDIR:-/tmp}; fi)
test: venv ## all tests that take seconds
	$(GO) test -timeout 30m ./...
	$(GO) test -tags smallparts -run 'TestBreakingDiskParts|TestEdits' ./pkg/store

browser: ## the Chromium that the test of the report uses; installed if it is missing
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { \
		if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
		$$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends chromium; }

race: venv ## the same with the race detector
	$(GO) test -race ./...

lint: ## gofmt, vet, staticcheck and the floors of packages
	@test -z "$$(gofmt -l cmd internal notebooks pkg)" || { gofmt -d cmd internal notebooks pkg; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags science,faults,smallparts ./...
	$(GO) tool staticcheck ./...
	$(GO) test ./internal/floors

# Those that users have most; what differs with the processor is in internal/spins.
PLATFORMS ?= darwin/arm64 windows/amd64

cross: ## program and tests vetted for macOS and Windows
	@for p in $(PLATFORMS); do \
		echo "vet for $$p"; \
		GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) vet ./... || exit 1; \
	done
	@for p in darwin/amd64 windows/arm64; do \
		GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) vet ./internal/spins || exit 1; \
	done

bench: ## the benchmarks
	$(GO) test -run '^$$' -bench . -benchtime 2x ./...

peers: build ## the same sweep in sweep, joblib, Ray, Dask and Optuna; minutes
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	.venv-bench/bin/python -W ignore bench/peers.py bin/sweep

kernels: venv ## Hopfield kernels beside C with AVX-512 and NumPy; a minute
	PYTHON=.venv/bin/python bench/hopfield.sh

science: ## the checks against the literature, and of models at extreme settings, that take minutes
	$(GO) test -tags science -timeout 60m ./pkg/...
	SWEEP_STOPS=40 $(GO) test -count 1 -timeout 60m -run TestStops ./pkg/models/all

FUZZTIME ?= 2m

fuzz: ## every fuzz target for FUZZTIME, two minutes each
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z]*' cmd internal pkg | while IFS=: read -r file target; do \
		echo "$${target#func } in $$(dirname $$file)"; \
		GOMEMLIMIT=2GiB $(GO) test -run '^$$' -fuzz "^$${target#func }\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "./$$(dirname $$file)" || exit 1; \
	done

faults: ## 200 runs killed at random moments, and every step of the disk made to fail, minutes
	SWEEP_FAULTS=1 $(GO) test -count 1 -v -timeout 60m -run 'TestBreakingDisk|TestManyKills' ./pkg/store
	SWEEP_FAULTS=1 $(GO) test -count 1 -v -tags smallparts -timeout 60m -run TestBreakingDiskParts ./pkg/store
	$(GO) test -count 1 -v -tags faults -timeout 60m -run 'TestKills|TestTwoAtOnce|TestReadOnly' ./cmd/sweep

edits: ## 2000 random histories of edits of a spec, compared with a model of what should be there; minutes
	SWEEP_EDITS=2000 $(GO) test -count 1 -v -tags smallparts -timeout 120m -run TestEdits ./pkg/store

MUTATIONS ?= 10000

mutate: ## MUTATIONS damaged result folders, 10000 of them, looked at by all verbs; an hour or two
	SWEEP_MUTATIONS=$(MUTATIONS) $(GO) test -count 1 -v -timeout 0 -run TestMutations ./cmd/sweep

readers: venv ## a million rows read by pandas, polars, DuckDB and pyarrow, bit for bit; a minute
	SWEEP_REPLICATES=2646 $(GO) test -count 1 -v -timeout 30m -run TestReadersBits ./cmd/sweep

check: lint test race ## all of it before a change goes out

vuln: ## known vulnerabilities; needs the Go vulnerability data base
	$(GO) tool govulncheck ./...

clean: ## remove what was built; results/ stays
	rm -rf bin .venv .venv-bench
