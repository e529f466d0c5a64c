# Everything a developer does here. `make help` lists it.

SOLUTION := Osmo.Orleans.sln
CONFIGURATION ?= Release
BENCH_ARGS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## List what can be done
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build everything (CONFIGURATION=Release or Debug)
	dotnet build $(SOLUTION) -c $(CONFIGURATION)

.PHONY: test
test: ## Build once and run every test
	tests/run

.PHONY: unit
unit: ## Run the unit and property tests, house rules included
	tests/run unit

.PHONY: integration
integration: ## Run the tests that use real sockets and processes
	tests/run integration

.PHONY: fault
fault: ## Run the tests that break things and wait for convergence
	tests/run fault

.PHONY: bench
bench: ## Print the figures and their goals (BENCH_ARGS="availability --json out.json")
	dotnet run -c Release --project bench/Osmo.Bench -- $(BENCH_ARGS)

.PHONY: cli
cli: ## Compile the osmo command ahead of time, into artifacts/publish/osmo
	dotnet publish src/Osmo.Cli -c $(CONFIGURATION) --use-current-runtime --self-contained false -o artifacts/publish/osmo

.PHONY: format
format: ## Rewrite the sources as .editorconfig asks
	dotnet format $(SOLUTION)

.PHONY: demo
demo: ## Start Osmo with three simulated clusters
	dotnet run -c Release --project src/Osmo.Server -- demo

.PHONY: clean
clean: ## Remove what builds and tests left
	rm -rf artifacts tests/artifacts bench/artifacts TestResults
