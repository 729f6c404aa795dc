# One command for each thing one does here. `make setup` needs Python ≥ 3.11, git and make; nothing else.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.synced

.PHONY: setup demo test lint check bench verify lock format

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Flujo needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/flujo demo

test: $(STAMP)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadscope

lint: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint test

bench: $(STAMP)
	@for file in benchmarks/*.py; do name=$$(basename $$file .py); echo "== $$name"; \
	  $(BIN)/python -m benchmarks.$$name || exit 1; done

verify: $(STAMP)
	@FLUJO_VERIFY=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadscope

format: $(STAMP)
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

lock:
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev --group bench \
	  --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
