# Scanhelm: the commands of every day. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.tools/bin:$(PATH)

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

.PHONY: help demo run test check bench fuzz setup setup-web web generate fmt audit

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: web ## build everything and show it with simulated vendors at http://127.0.0.1:8480
	cargo build --release --locked --package scanhelm-cli --bin scanhelm
	target/release/scanhelm demo

run: web ## a hub from this checkout, with its data in .demo/hub
	cargo run --package scanhelm-cli --bin scanhelm -- serve --data .demo/hub

test: ## every test; installs what they need first (ARGS="-p scanhelm-core" for some)
	scripts/setup-test.sh
	$(MAKE) --no-print-directory web
	scripts/test.sh $(ARGS)

check: ## format, lints, dependencies, house rules, generated files, console types
	scripts/setup-test.sh tools web
	scripts/check.sh

bench: ## measure (needs a quiet machine)
	bench/run.sh

fuzz: ## feed the report readers with broken input, FUZZ_SECONDS each
	scripts/fuzz.sh

setup: ## install what tests and checks need
	scripts/setup-test.sh

setup-web:
	scripts/setup-test.sh web

web: web/dist/index.html ## build the console

web/dist/index.html: $(WEB_SOURCES)
	scripts/setup-test.sh web
	npm --prefix web run --silent build
	@touch $@

generate: setup-web ## write openapi.json, the references and the console's API types
	cargo xtask generate

fmt: setup-web ## format Rust and TypeScript
	cargo fmt --all
	npm --prefix web run --silent format

audit: ## ask the advisory database about our dependencies (needs the internet)
	scripts/setup-test.sh tools
	cargo deny check advisories
