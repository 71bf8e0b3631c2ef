# Everything here sets itself up on a machine that has only Python 3.11 or newer, make and git.
# `make PYTHON=/path/to/python3.12 …` names the Python; JOBS the test processes.

export PYTHON
unexport PYTHONDONTWRITEBYTECODE  # thousands of processes share what the first of them compiled
JOBS ?= 2
COVER := --cov --cov-report=term:skip-covered
# tests of what stands around finops/, and of its tests: being traced would cost them up to half as much again and
# show nothing new
BESIDE := $(addprefix tests/,architecture connectors/pull docs samples scorecard tui $(addprefix analysis/test_,\
	capacity_mutations.py more_mutations.py mutations.py spark.py))
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
ifeq ($(FINOPS_REQUIRE_ALL),1)
	traced=0; $(BIN)/pytest $(SUITE) $(addprefix --ignore=,$(BESIDE)) $(COVER) || traced=$$?; \
	$(BIN)/pytest $(SUITE) $(BESIDE) && exit $$traced
else
	$(BIN)/pytest $(SUITE)
endif

cover: setup  ## pytest with coverage of finops/, which must be 90 % or more
	$(BIN)/pytest $(SUITE) $(addprefix --ignore=,$(BESIDE)) $(COVER)

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
