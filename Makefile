# Everything a person types here. `make help` lists it.
SHELL := /bin/bash
PY := .venv/bin/python
PIP := $(PY) -m pip install -q --disable-pip-version-check
STAMP := .venv/.installed
TOOLS := .venv/.tools
UI_STAMP := agent_ui/dist/index.html
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help packages install tools ui both all up down status test test-python test-ui prove check format bench lock
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

packages:
	@bash .ci/packages base

install: $(STAMP) ## Python environment in .venv: what it takes to run
$(STAMP): requirements.lock pyproject.toml | packages
	@test -x $(PY) || python3 -m venv .venv
	@echo "== installing Python packages (.venv)"
	@$(PIP) -c requirements.lock -e '.[postgresql,redis]'
	@touch $@

tools: $(TOOLS) ## what it takes to test and check, beside
$(TOOLS): $(STAMP)
	@echo "== installing what tests and checks need (.venv)"
	@$(PIP) -r requirements.lock
	@touch $@

ui: $(UI_STAMP) ## browser application in agent_ui/dist
$(UI_STAMP): $(shell find agent_ui/src agent_ui/index.html agent_ui/package-lock.json -type f 2>/dev/null) | packages
	@echo "== building the browser application"
	@bash .ci/node npm --prefix agent_ui ci --no-audit --no-fund --loglevel=error
	@bash .ci/node npm --prefix agent_ui run --silent build
	@touch $@

both: # side by side: one waits for the network while the other computes
	@$(MAKE) --no-print-directory -j2 install ui

all: # the same, with what tests and checks need
	@$(MAKE) --no-print-directory -j2 tools ui

up: both ## PBX, voice menu, service and demo city, all on this machine
	@.venv/bin/callcenter up --demo

down: ## stop what `make up` started
	@.venv/bin/callcenter down

status: ## each part, green or not
	@.venv/bin/callcenter status

test: all ## all tests: unit, both databases, real Asterisk, real browser
	@bash .ci/packages test
	@bash .ci/node npm --prefix agent_ui test --silent
	@.venv/bin/python -m pytest -n 3 --dist loadgroup

prove: all ## acceptance volumes; writes tests/PROOF.md
	@bash .ci/packages test
	@.venv/bin/python -m tests.prove

check: all ## format, lint, types, imports, messages
	@.venv/bin/ruff format --check -q . && .venv/bin/ruff check -q . && .venv/bin/mypy && .venv/bin/lint-imports --no-cache >/dev/null && bash .ci/node npm --prefix agent_ui run --silent check && echo "check: clean"

format: tools ## put the code into shape
	@.venv/bin/ruff check -q --fix . ; .venv/bin/ruff format -q .

bench: tools ## benchmarks; each prints our figure, the floor and the ratio
	@.venv/bin/callcenter bench all

lock: install ## compile requirements.lock anew
	@.venv/bin/pip install -q pip-tools && .venv/bin/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --extra postgresql --extra redis --extra test -o requirements.lock pyproject.toml
