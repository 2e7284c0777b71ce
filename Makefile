# Two commands do everything: `make demo` shows the program at work, `make test` tests it.
# The rest is for those who change it; `make help` lists all.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export HAILONG_MODELS ?= $(CURDIR)/.hailong/models

.DEFAULT_GOAL := help
.PHONY: help demo demo-erase test lint lint-deploy unit debian lock schemas vendor recording models \
	text-models screenshots bench-edge bench-edge-long bench-accuracy bench-transcription \
	bench-text bench-hub bench-pages bench-judge faults-ingest fuzz bench-rollups test-rollups capacity clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/demo.installed ## the whole program on a recording (SOURCE=path/to/a/video for your own)
	@$(BIN)/python -m demo $(if $(SOURCE),--source "$(SOURCE)")

demo-erase: $(VENV)/demo.installed ## delete the demo's data
	@$(BIN)/python -m demo --erase

test: debian $(VENV)/dev.installed ## linters, types, unit, integration and browser tests
	@tools/timed $(BIN)/ruff check .
	@tools/timed $(BIN)/ruff format --check .
	@tools/timed $(BIN)/mypy
	@tools/timed $(BIN)/pytest $(PYTEST)

lint: $(VENV)/dev.installed ## linters and types alone
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

lint-deploy: ## Dockerfiles and compose file by npm's linters (needs npm)
	npx --yes dockerfile-utils@0.16.3 lint deploy/docker/hub.Dockerfile
	npx --yes dockerfile-utils@0.16.3 lint deploy/docker/agent.Dockerfile
	npx --yes dclint@3.1.0 --quiet deploy/docker/compose.yaml

unit: $(VENV)/dev.installed ## the tests that need no service
	$(BIN)/pytest tests/unit

debian:
	@tools/install-debian-packages

lock: ## pin requirements/*.in again, by hash and without any registry's address
	tools/lock-requirements

schemas: $(VENV)/dev.installed ## write JSON Schema and AsyncAPI from schemas/, and the schemas of rules
	$(BIN)/python -m tools.write_schemas
	$(BIN)/python -m tools.write_rule_schemas

vendor: $(VENV)/dev.installed ## fetch the pages' libraries and typeface again and check them
	$(BIN)/python tools/vendor_static.py

recording: $(VENV)/dev.installed debian ## make the demo recording and its truth again
	$(BIN)/python -m demo.make_recording

models: $(VENV)/dev.installed ## convert the shipped models again and check their sha256
	tools/convert-models

text-models: ## train the sentiment and abuse models again and check their sha256
	tools/train-text-models

bench-edge: debian $(VENV)/dev.installed ## cost, latency and memory of the agent (about 25 minutes)
	$(BIN)/python -m benchmarks.edge

bench-edge-long: debian $(VENV)/dev.installed ## memory over a replay of two hours
	$(BIN)/python -m benchmarks.edge --long

bench-accuracy: debian $(VENV)/dev.installed ## every measurement against known truth (about 20 minutes)
	$(BIN)/python -m benchmarks.accuracy

bench-transcription: $(VENV)/dev.installed ## words: CPU time and error rate, beside faster-whisper
	$(BIN)/python -m benchmarks.transcription

bench-text: $(VENV)/dev.installed ## sentiment and abuse: error by class, cost a sentence
	$(BIN)/python -m benchmarks.text

bench-pages: $(VENV)/dev.installed ## page queries on a hundredth to a tenth of a city (about 15 minutes)
	$(BIN)/python -m benchmarks.pages

bench-hub: debian $(VENV)/dev.installed ## the hub under a city's and a country's load (about 30 minutes)
	$(BIN)/python -m benchmarks.hub

faults-ingest: debian $(VENV)/dev.installed ## 200,000 messages while worker, broker and database are killed
	HAILONG_FAULT_MESSAGES=200000 $(BIN)/pytest -n 0 tests/integration/test_two_workers.py

fuzz: debian $(VENV)/dev.installed ## 1,000,000 malformed, forged, replayed messages against one worker
	HAILONG_FUZZ_MESSAGES=1000000 $(BIN)/pytest -n 0 tests/integration/test_fuzz.py

bench-judge: $(VENV)/dev.installed ## scoring's speed, calibration, fairness beside their goals (about 8 minutes)
	$(BIN)/python -m benchmarks.judge

bench-rollups: $(VENV)/dev.installed ## what rollups cost ingest, the worker, the disk and who reads
	$(BIN)/python -m benchmarks.rollups

test-rollups: $(VENV)/dev.installed ## 10,000 random operations against a full recomputation
	HAILONG_ROLLUP_OPERATIONS=10000 $(BIN)/pytest -n 0 tests/integration/test_rollups.py --durations=3

capacity: $(VENV)/dev.installed ## write the capacity table of docs/operations.md from the results
	$(BIN)/python -m tools.write_capacity

screenshots: debian $(VENV)/dev.installed ## pictures of the pages for README and docs
	$(BIN)/python tools/screenshots.py

clean: ## remove the environment; `make demo-erase` deletes the demo's data
	rm -rf $(VENV)

# The environment: pinned by hash. The project itself is installed by a build backend that
# is pinned there too.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11) and "Python %d.%d found; expected 3.11 or later: set PYTHON=" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.installed: requirements/demo.txt pyproject.toml | $(VENV)/bin/python
	@tools/install-python-packages demo
	@touch $@

$(VENV)/dev.installed: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@tools/install-python-packages dev
	@touch $@ $(VENV)/demo.installed
