# Trình Ký: everything one does with this tree. `make` alone lists it.
# Each step says what it does in one line and is skipped when nothing it depends on has changed.

PYTHON ?= python3
HOST   ?= 127.0.0.1
PORT   ?= 8000
ARGS   ?=
# The day of 2022 on which a new demo store stands.
DEMO_DAY ?= 2022-09-15

SHELL    := bash
VENV     := .venv
BIN      := $(VENV)/bin
PIP      := $(BIN)/python -m pip --disable-pip-version-check --quiet
FRONTEND := webui/frontend
PYTEST   := $(BIN)/python -m pytest
SAY      := @printf '→ %s\n'
UV       := 0.13.9

# The store of `make run`; set it to a PostgreSQL URL to run on that.
export TRINHKY_DATABASE_URL ?= sqlite:///$(CURDIR)/var/trinhky.db

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench conformance coverage-plan soak fmt screenshots lock clean install install-dev frontend store services
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install frontend store ## install what is missing, load the demo and serve it on 127.0.0.1:8000 (HOST=, PORT=)
	@.ci/services missing
	$(SAY) "Serving http://$(HOST):$(PORT) (stop with Ctrl+C)"
	@exec $(BIN)/trinhky serve --host $(HOST) --port $(PORT)

test: install-dev frontend services check ## everything the tests need, then all of them (ARGS="-k inbox")
	$(SAY) "Running the tests"
	@$(PYTEST) -n 2 --dist loadgroup $(ARGS)

check: install-dev ## lint, format, types of the engine, who imports whom
	$(SAY) "Checking: ruff, mypy, import-linter"
	@failed=; $(BIN)/ruff check . || failed=1; \
	$(BIN)/ruff format --check . || { echo "Some files are not formatted as agreed: run \`make fmt\`."; failed=1; }; \
	$(BIN)/mypy || failed=1; \
	$(BIN)/lint-imports --no-logo --no-cache || failed=1; \
	test -z "$$failed"

bench: install-dev services ## our speed, the machine named
	@if [ -f benchmarks/__main__.py ]; then $(BIN)/python -m benchmarks $(ARGS); else echo "benchmarks/ is not there yet"; fi

coverage-plan: install-dev ## is every step, item and result of the 2022 plan in the diagrams? Status 1 when not
	@PYTHONPATH=tests $(BIN)/python -m plan_coverage

conformance: install-dev ## every BPMN, FEEL and DMN feature by our own models, and the DMN TCK: writes docs/conformance.md
	$(SAY) "Running all rows of the conformance table"
	@PYTHONPATH=tests $(BIN)/python -m conformance

soak: install-dev frontend services ## the long tests: 50 kills, many random processes, planted bugs
	$(SAY) "Running the long tests"
	@HYPOTHESIS_PROFILE=soak $(PYTEST) -m soak $(ARGS)

fmt: install-dev ## format the code, mend what ruff can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

screenshots: install-dev frontend services ## the pictures of README and docs, from a running demo
	@if [ -f tests/browser/screenshots.py ]; then $(BIN)/python tests/browser/screenshots.py $(ARGS); \
	else echo "tests/browser/screenshots.py is not there yet"; fi

lock: ## write the three locks anew from pyproject.toml
	$(SAY) "Compiling locks with uv $(UV)"
	@$(PYTHON) -m venv var/uv && var/uv/bin/pip install --quiet uv==$(UV)
	@compile() { out=$$1; shift; var/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command 'make lock' --output-file $$out "$$@"; }; \
	  compile requirements.lock pyproject.toml --group build && \
	  compile requirements-dev.lock pyproject.toml --group build --group dev && \
	  compile requirements-fallback.lock --group pyproject.toml:fallback

clean: ## remove everything made here, the demo store included
	rm -rf $(VENV) var webui/static $(FRONTEND)/node_modules test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# ---- steps, each with a stamp ----------------------------------------------------------------------------------

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	$(SAY) "Creating the virtual environment $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: install it and run \`make run PYTHON=python3.11\`."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }

$(VENV)/.locked: requirements.lock | $(VENV)/bin/python
	$(SAY) "Installing the libraries of requirements.lock (hashes checked)"
	@$(PIP) install --require-hashes --requirement requirements.lock || \
	  { echo "The libraries could not be installed: pip needs to reach a Python package index."; exit 1; }
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.locked
	$(SAY) "Installing the command trinhky from this tree"
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(SAY) "Installing what the tests and checks use, requirements-dev.lock (hashes checked)"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock || \
	  { echo "The test libraries could not be installed: pip needs to reach a Python package index."; exit 1; }
	@touch $@

frontend: webui/static/.built
webui/static/.built: .ci/frontend $(shell find $(FRONTEND) -name node_modules -prune -o -type f -print) | install
	$(SAY) "Building the front end ($(FRONTEND) → webui/static)"
	@.ci/frontend
	@touch $@

store: install
	@mkdir -p var
	$(SAY) "Migrating the store"
	@$(BIN)/trinhky migrate
	$(SAY) "Loading the demo: the department's year 2022 up to $(DEMO_DAY) (a minute or two, once)"
	@$(BIN)/trinhky demo --as-of $(DEMO_DAY) --unless-filled

services: install-dev
	@.ci/services install
