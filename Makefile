# Everything runs in a virtual environment inside this checkout; nothing is installed elsewhere.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= 2

.PHONY: demo test check format docs bench clean

demo: $(READY)  ## The whole story on a small AWS on this machine, in under a minute
	$(BIN)/dlqctl demo

test: $(READY)  ## Every test
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -q

check: $(READY)  ## Format, lint, types, import contracts, generated docs in sync
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check --check-fail-msg="run make docs" -I docs README.md docs/reference/*.md
	$(BIN)/python docs/rule_pages.py --check

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)  ## Write the generated parts of README.md and docs/reference again
	$(BIN)/cog -r -I docs README.md docs/reference/*.md
	$(BIN)/python docs/rule_pages.py

bench: $(READY)  ## Figures, as ratios within one run
	$(BIN)/python -m tests.bench

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("dlqctl needs Python 3.11 or later" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[sandbox]' --group dev
	touch $(READY)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
