# Everything here sets itself up on a machine that has only Python 3.11 or newer, make and git.
# `make PYTHON=/path/to/python3.12 …` names the Python; JOBS the test processes.

export PYTHON
unexport PYTHONDONTWRITEBYTECODE  # thousands of processes share what the first of them compiled
JOBS ?= 2
COVER := --cov --cov-report=term:skip-covered
SUITE := -q -n $(JOBS) --dist loadfile --no-loadscope-reorder
BIN := .venv/bin
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup setup-run demo test lint types imports tests cover bench bench-tui docs samples wheel clean

help:  ## what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## .venv with everything to work on finops
	@python=$$(scripts/find-python) && "$$python" scripts/bootstrap.py dev

setup-run:
	@python=$$(scripts/find-python) && "$$python" scripts/bootstrap.py run

demo: setup-run  ## three months of a made-up company, loaded and summed up on one screen
	@$(BIN)/finops demo

test: lint types imports tests  ## all gates: lint, types, import contracts, tests

lint: setup  ## ruff: every rule, and the format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup  ## mypy, strict
	$(BIN)/mypy

imports: setup  ## the import contracts of ARCHITECTURE.md
	$(BIN)/lint-imports --no-logo

tests: setup  ## pytest; with FINOPS_REQUIRE_ALL=1 nothing may be missing, and coverage must hold
	$(BIN)/pytest $(SUITE) $(if $(filter 1,$(FINOPS_REQUIRE_ALL)),$(COVER))

cover: setup  ## pytest with coverage of finops/, which must be 90 % or more
	$(BIN)/pytest $(SUITE) -m "not beside" $(COVER)

bench: setup  ## ratios against floors, on generated data (minutes)
	$(BIN)/python -m bench

bench-tui: setup  ## first paint, first data and keys of the interface on ten million requests
	$(BIN)/python -m bench --only j

docs: setup  ## reference pages from the code, the pictures, and the site, in site/
	$(BIN)/python scripts/docs.py
	$(BIN)/python scripts/screenshots.py
	$(BIN)/python scripts/site.py

samples: setup  ## samples/ from its generator
	$(BIN)/python -m samples.generate

wheel: setup  ## dist/*.whl
	@uv=$$(command -v uv || echo .tools/uv/bin/uv) && "$$uv" build --wheel

clean:  ## forget .venv, .tools, caches and built files
	rm -rf .venv .tools dist build site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
