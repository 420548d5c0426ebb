# The habits of hashhedge. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
UV := .venv/bin/uv
RUN := .venv/bin/
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)
TEST_PACKAGES := redis-server mosquitto mosquitto-clients prometheus
PYTEST_ARGS ?=
ARGS ?=

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "hashhedge needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "installing python3-venv (Debian ships it apart)"; $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends python3-venv; }
	$(PYTHON) -m venv .venv

.venv/.uv: | .venv/bin/python
	$(RUN)python -m pip install -q --disable-pip-version-check 'uv>=0.8'
	@touch $@

.venv/.synced: pyproject.toml uv.lock | .venv/.uv
	$(UV) sync -q --frozen --all-extras --inexact --compile-bytecode
	@touch $@

.PHONY: setup
setup: .venv/.synced ## Make .venv with everything in it; no server is installed
	@$(RUN)python -m compileall -q monitor alerts  # else each start compiles all of it where none may be kept

.PHONY: demo
demo: setup ## Set up and play the synthetic history on private servers
	@$(RUN)hashhedge demo $(ARGS)

.PHONY: run
run: setup ## Set up and watch the live feeds
	@$(RUN)hashhedge run $(ARGS)

.PHONY: servers
servers:
	@missing=""; \
	for pair in redis-server:redis-server mosquitto:mosquitto mosquitto_sub:mosquitto-clients promtool:prometheus prometheus-alertmanager:prometheus-alertmanager; do \
		PATH="$$PATH:/usr/sbin" command -v "$${pair%%:*}" >/dev/null || missing="$$missing $${pair##*:}"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "installing real servers for the tests:$$missing (the tests start their own, on free ports)"; \
		$(SUDO) apt-get update -q && $(SUDO) env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qy --no-install-recommends $$missing; \
	fi

# One more than there are cores: tests wait for brokers and for processes that they kill. Long tests
# lie together, so a worker that is done takes from the others (worksteal).
WORKERS ?= $(shell echo $$(($$(nproc) + 1)))

.PHONY: test
test: setup servers check ## Set up, get a real Redis and a real Mosquitto, run all checks and tests
	PYTHONDONTWRITEBYTECODE= PATH="$$PATH:/usr/sbin" HASHHEDGE_REQUIRE_SERVERS=1 $(RUN)pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

.PHONY: homeassistant
homeassistant: setup servers ## Lay a real Home Assistant into a cache of its own, and run the tests that talk to it
	$(RUN)python -m tests.home
	PATH="$$PATH:/usr/sbin" HASHHEDGE_REQUIRE_SERVERS=1 $(RUN)pytest -q tests/home $(PYTEST_ARGS)

.PHONY: golden
golden: setup servers ## Compare the demo's messages with the ones of before; ARGS=--write-golden keeps the new ones
	PATH="$$PATH:/usr/sbin" HASHHEDGE_REQUIRE_SERVERS=1 $(RUN)pytest -q tests/e2e/test_golden.py $(ARGS)

.PHONY: fuzz
fuzz: setup ## Throw 10,000 damaged answers at every parser of a provider
	HASHHEDGE_FUZZ_EXAMPLES=10000 $(RUN)pytest -n 2 --timeout 1200 tests/contract/test_feed_fuzz.py $(PYTEST_ARGS)

.PHONY: soak
soak: setup ## Half an hour of all feeds and streams in real time, with faults from a seed
	$(RUN)python -m tests.soak $(ARGS)

.PHONY: outage
outage: setup servers ## Ten minutes without a broker at 100 ticks a second: nothing is lost or made up
	PATH="$$PATH:/usr/sbin" $(RUN)python -m tests.soak.outage $(ARGS)

.PHONY: check
check: setup ## Format, lint, types, import contracts
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)mypy
	$(RUN)lint-imports

.PHONY: bench
bench: setup servers ## Measure tick to alert beside the bare chain; ARGS="--peers node-red" beside Node-RED too
	PYTHONDONTWRITEBYTECODE= PATH="$$PATH:/usr/sbin" $(RUN)python -m tests.bench $(ARGS)

.PHONY: dashboards
dashboards: setup ## Build the boards, docs/metrics.md, feeds.md and formulas.md from the declarations
	$(RUN)python -m grafana.build
