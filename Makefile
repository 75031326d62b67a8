# The house's doors. `make` alone lists them. Everything but the set-up runs offline.
PYTHON ?= python3
JOBS ?= auto
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup card test slow quick coverage check bench docs constraints

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

setup: $(VENV)/.dev  ## make .venv with everything that tests and tools need

card: $(VENV)/.core  ## install, convert samples/portrait.jpg to card.jpg, print the report
	$(BIN)/ephoto convert samples/portrait.jpg -o card.jpg --force
	@echo "The card is here: $(CURDIR)/card.jpg"

test: check quick  ## lint, types, layers, and the tests that are not slow

slow: setup  ## the slow tests: hundreds of portraits are rendered for them, once
	$(BIN)/python -m pytest -n $(JOBS) -m slow $(PYTEST_ARGS)

quick: setup  ## the tests that are not slow, and nothing else
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow" $(PYTEST_ARGS)

coverage: setup  ## the same, and which lines they do not reach; half as long again
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow" --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

check: setup  ## format, lint, types, layers, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

bench: setup  ## cost of a conversion, stage by stage, beside the floor
	$(BIN)/python -m benchmarks.convert

docs: setup  ## write the generated pages, indexes and pictures again
	$(BIN)/python docs/specs_table.py
	$(BIN)/python docs/make_errors.py
	$(BIN)/python docs/checks_table.py
	$(BIN)/python docs/workflow_table.py
	$(BIN)/python docs/make_pictures.py

constraints: setup  ## write constraints.txt again from what is installed
	{ sed -n 1p constraints.txt; $(BIN)/pip freeze --exclude-editable | grep -viE '^(ephoto|setuptools|pip)\b' | sort -f; } > constraints.tmp
	mv constraints.tmp constraints.txt

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ephoto needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt hatch_build.py models/manifest.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt hatch_build.py models/manifest.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,dev]'
	@touch $@ $(VENV)/.core
