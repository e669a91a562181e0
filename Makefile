# Two commands: `make run` opens the studio, `make test` checks all of it. Both set up what they need.
#
#   make run PYTHON=python3.12     another Python, 3.11 or newer
#   make run RUNTIME=onnx          without CUDA even where there is an NVIDIA GPU
#   make run ARGS="my.studio"      what follows `studio` on the command line

PYTHON ?= python3
RUNTIME ?=
ARGS ?=
JOBS ?= 2
BIN := .venv/bin
SETUP = $(PYTHON) tools/bootstrap.py $(if $(RUNTIME),--runtime $(RUNTIME))

.PHONY: run test quick bench lint format clean python setup-run setup-test

run: setup-run
	@$(BIN)/studio $(ARGS)

test: lint
	$(BIN)/pytest -n $(JOBS)

quick: setup-test  ## without the tests that inject a fault very often
	$(BIN)/pytest -n $(JOBS) -m "not slow"

bench: setup-test
	$(BIN)/pytest --benchmark-only tests/benchmarks

lint: setup-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup-test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .benchmarks
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name '*.egg-info' -prune -exec rm -rf {} +

setup-run: python
	@$(SETUP) run

setup-test: python
	@$(SETUP) test

python:
	@command -v $(PYTHON) >/dev/null || { echo "no '$(PYTHON)' here; install Python 3.11 or newer, or name it: make run PYTHON=..." >&2; exit 1; }
