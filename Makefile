# custvalue: `make help` lists what there is.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

.PHONY: help demo test check lint types study bench docs oldest newest matrix clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $(STAMP)

demo: $(STAMP)  ## make the environment and run the main job on real data
	$(BIN)/python docs/demo.py

test: check  ## make the environment; lint, types, doctests and all tests
	$(BIN)/python -m pytest -q -m 'not study'

check: $(STAMP)  ## lint and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

study: $(STAMP)  ## long simulation studies (coverage of intervals, parameter recovery)
	$(BIN)/python -m pytest -q -m study

bench: $(STAMP)  ## time and memory beside lifetimes and floors, into docs/benchmarks.md
	$(BIN)/python benchmarks/run.py

docs: $(STAMP)  ## render the documentation into docs/_build/html
	$(BIN)/python -m sphinx -q -b html docs docs/_build/html

oldest:  ## the tests with the oldest versions that pyproject.toml allows (PYTHON=python3.11)
	$(MAKE) ends VENV=.venv-oldest CONSTRAINTS='numpy==2.1.0 scipy==1.14.1 pandas==2.2.3 narwhals==2.16.0 polars==1.25.2 pyarrow==19.0.0 duckdb==1.4.1'

newest:  ## the tests with the newest versions (PYTHON=python3.13)
	$(MAKE) ends VENV=.venv-newest CONSTRAINTS='-U numpy scipy pandas narwhals'

matrix: oldest newest  ## both ends

.PHONY: ends
ends:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]' $(CONSTRAINTS)
	$(BIN)/python -m pytest -q -m 'not study'

clean:  ## remove environments and caches
	rm -rf .venv .venv-oldest .venv-newest .mypy_cache .ruff_cache .hypothesis dist
