# The same commands for people and for CI. `make help` lists them.
# Everything is installed into .venv; PYTHON names the interpreter to make it with.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
DEMO := runs/demo
RUFF_PATHS := src tests benchmarks examples docs

.DEFAULT_GOAL := help
.PHONY: help demo test test-long mutants lint bench docs clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/made:
	@test -n "$(PYTHON)" || { echo "facevalue needs Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	touch $@

$(VENV)/installed: pyproject.toml src/facevalue/__init__.py $(VENV)/made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	touch $@

$(VENV)/developed: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(VENV)/installed ## install what it needs and audit a real system out of the box
	$(BIN)/facevalue demo --out $(DEMO)

test: $(VENV)/developed ## the fast suite (under 5 minutes on 2 cores)
	$(BIN)/python -m pytest -m 'not slow' -n auto --dist loadfile --no-loadscope-reorder -q

test-long: $(VENV)/developed ## long simulations; writes docs/simulations
	$(BIN)/python -m pytest -m slow -q -s tests

mutants: $(VENV)/developed ## change the statistics a little: which tests notice (an hour)
	$(BIN)/python tests/mutation/mutate.py --sample 0

lint: $(VENV)/developed ## ruff, mypy strict, layers
	$(BIN)/ruff check $(RUFF_PATHS)
	$(BIN)/ruff format --check $(RUFF_PATHS)
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/developed ## benchmarks, each against its peer in the same run
	for f in benchmarks/*.py; do echo "== $$f"; $(BIN)/python $$f || exit 1; done

docs: $(VENV)/developed ## the site into build/site, warnings as errors; every example executed
	$(BIN)/python docs/build.py --check
	$(BIN)/python -m mkdocs build --quiet --strict
	$(BIN)/python -m pytest -q tests/docs --doctest-glob='*.md' docs README.md

clean: ## remove what was made, but not runs
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
