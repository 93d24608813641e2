# Every verb of the project. `make help` lists them.
# A fresh machine needs Python 3.11 and a package registry; only `make lint` also needs Node.js.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := PYTHONPATH=.:build/python $(BIN)/python
INSTALLED := $(VENV)/.installed
PROTOS := $(shell find protos -name '*.proto')
STUBS := build/descriptors.pb
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help install protos demo up up-detached environment down status audit test lint format bench faults lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(INSTALLED) ## Install the locked dependencies into .venv

$(INSTALLED): requirements/dev.lock
	@test -x $(BIN)/python || { echo "making $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "installing locked dependencies (about a minute the first time) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

protos: $(STUBS) ## Build stubs and build/descriptors.pb from protos/

$(STUBS): $(PROTOS) tools/protos.py $(INSTALLED)
	@$(BIN)/python tools/protos.py

demo: $(STUBS) ## Start the real suite, play a merchant's day through it, check every invariant
	@$(RUN) -m deploy.demo

up: $(STUBS) ## Start the suite and stay; writes var/stack.json
	@$(RUN) -m deploy.local up

up-detached: $(STUBS) ## The same in the background
	@$(RUN) -m deploy.local up --detach

environment: $(INSTALLED) ## Print shell exports for the running suite, to be evaluated
	@$(RUN) -m deploy.local environment

down: $(INSTALLED) ## Stop what `make up` started
	@$(RUN) -m deploy.local down

status: $(INSTALLED) ## Show what is running
	@$(RUN) -m deploy.local status

audit: $(INSTALLED) ## Check every invariant of the running suite
	@$(RUN) -m deploy.audit

test: $(STUBS) ## Run all tests on real PostgreSQL, NATS, Envoy and gRPC (WORKERS=2 side by side)
	@$(RUN) -m pytest --numprocesses $(WORKERS)

lint: $(STUBS) node_modules/.package-lock.json ## Check style, types, layers and contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@$(BIN)/mypy services deploy tests benchmarks tools
	@PYTHONPATH=.:build/python $(BIN)/lint-imports
	@$(RUN) tools/contracts.py

node_modules/.package-lock.json: package-lock.json
	@npm ci --no-audit --no-fund --silent

format: $(INSTALLED) ## Format the code
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

bench: $(STUBS) ## Measure every hot path against a yardstick in the same run; writes var/bench.json
	@$(RUN) -m benchmarks

faults: $(STUBS) ## Kill, cut, freeze and lose things under load; prints its seed
	@$(RUN) -m pytest -m faults --timeout 1200

lock: $(INSTALLED) ## Resolve requirements/*.in anew (needs uv)
	@cd requirements && uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header runtime.in -o runtime.lock
	@cd requirements && uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -c runtime.lock dev.in -o dev.lock

clean: ## Remove what can be built again
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache
