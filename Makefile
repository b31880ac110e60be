# `make help` lists what there is. The work is done in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run dev test browser-tests api-check bench fuzz build fmt lint deny screenshots clean-data

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

run: ## Install what is missing, build, and start with demo data on http://127.0.0.1:3000
	@scripts/setup.sh build
	@scripts/build.sh
	@exec scripts/run.sh

dev: ## Watch mode: rebuild and reload on every change, data in target/dev-data
	@scripts/setup.sh build
	@exec scripts/dev.sh

test: ## Every check and test; ends with "N passed, N failed"
	@exec scripts/test.sh

browser-tests: ## The browser tests against the release binary (make test: the same pages, the server unoptimised)
	@scripts/setup.sh test
	@scripts/build.sh
	@cd end2end && npx --no-install playwright test

api-check: ## Hold the API of the debug binary against its own description (schemathesis; make test does it, too)
	@scripts/setup.sh api-check
	@cargo build -p officina-server
	@exec scripts/api-check.sh

bench: ## Measure speed, memory and page weights against the goals
	@scripts/setup.sh build
	@scripts/build.sh
	@exec scripts/bench.sh

fuzz: ## Throw invented input at every parser, a minute each (FUZZ_SECONDS=600 for longer; installs cargo-fuzz)
	@exec scripts/fuzz.sh

build: ## Build the release binary with the site inside
	@scripts/setup.sh build
	@scripts/build.sh

fmt: ## Format the Rust code
	@cargo fmt --all

lint: ## Formatting, forbidden patterns and clippy, native and WASM
	@exec scripts/check.sh

deny: ## Licences, sources, duplicates and known vulnerabilities of the dependencies (installs cargo-deny)
	@exec scripts/deny.sh

screenshots: ## Pictures of every page, at three widths, light and dark, in target/screenshots
	@scripts/setup.sh test
	@scripts/build.sh
	@exec node scripts/screenshots.mjs

clean-data: ## Delete the data of make run and make dev
	rm -rf officina-data target/dev-data
