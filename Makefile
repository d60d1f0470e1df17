# One command each; every one does its own set-up. Needs Python 3.11 or newer, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV := $(VENV)/.ready-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
# Compiled once, wherever this is run: not by every one of the processes that a test starts.
export PYTHONDONTWRITEBYTECODE :=


.PHONY: help install demo test test-browser test-second-opinion check format bench bench-long lock clean

help:
	@echo "make demo   - the bot in its local workspace, in your browser"
	@echo "make install - what serving a real Slack needs"
	@echo "make test   - every test"
	@echo "make test-browser - the page in a real browser (installs Chromium by apt if there is none)"
	@echo "make test-second-opinion - the bot against a Slack that others wrote (installs Node by apt if there is none)"
	@echo "make check  - format, lint, types, import contracts, tests: the gate"
	@echo "make bench  - what it costs, as ratios"
	@echo "make bench-long - enrolling, sealing and searching at once; and how a search grows, by millions"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "FIS Bot needs Python 3.11 or newer; set PYTHON=python3.12, say")'
	@echo "[1/3] making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(READY): $(VENV)/bin/python requirements.lock
	@echo "[2/3] installing the hashed packages of requirements.lock (about 900 MB; a minute or two)"
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@echo "[3/3] preparing and checking the face models"
	@$(BIN)/python app.py models
	@touch $@

$(DEV): $(READY) requirements-dev.lock
	@echo "[dev] installing the tools of requirements-dev.lock"
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

install: $(READY)

demo: $(READY)
	@$(BIN)/python app.py demo

test: $(DEV)
	@$(BIN)/python -m pytest -n 2 --dist worksteal

CHROMIUM := $(or $(shell command -v chromium),$(shell command -v chromium-browser),$(shell command -v google-chrome))

test-browser: $(DEV)
	@test -n "$(CHROMIUM)" || (echo "installing Chromium" && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null) || (echo "Install Chromium first: it could not be installed here." && exit 1)
	@$(BIN)/python -m pytest tests/browser

test-second-opinion: $(DEV)
	@command -v npm >/dev/null || (echo "installing Node" && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nodejs npm >/dev/null) || (echo "Install Node 20 or newer first: it could not be installed here." && exit 1)
	@$(BIN)/python -m tests.second_opinion.install var/second-opinion
	@$(BIN)/python -m pytest tests/second_opinion

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy app.py bot storage tests benchmarks
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 --dist worksteal

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV)
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.search --rows 1000000 --out docs/measurements
	$(BIN)/python -m benchmarks.enrol

bench-long: $(DEV)
	$(BIN)/python -m benchmarks.together --minutes 5
	$(BIN)/python -m benchmarks.growth --out docs/measurements

lock: $(DEV)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --group dlib -c requirements.lock -o requirements-dlib.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) var
