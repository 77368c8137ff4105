# Set-up, checks and the demonstration. Needs Python >= 3.11 with pip, and make; `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# many tests wait for a server or another process, so there are more workers than cores
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); echo $$(((cores * 3 + 1) / 2)))
ARGS ?=
LINES ?= 20000
KILLS ?= 100

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@echo "make TARGET [PYTHON=python3.12]"
	@sed -nE 's/^([a-z]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target does; do \
	    printf '  %-8s %s\n' "$$target" "$$does"; done

.PHONY: demo
demo: $(VENV)/.installed ## Install, ingest the sample logs, print the report, then a simulation
	@rm -rf .demo && mkdir .demo
	@PATH="$(CURDIR)/$(BIN):$$PATH" LLMCOST_DB=.demo/llmcost.duckdb sh -e -c '\
	    run() { printf "\n$$ llmcost %s\n" "$$*"; llmcost "$$@"; }; \
	    run ingest sample_logs || test $$? -eq 3; \
	    run report; \
	    run simulate --what-if prompt-caching:ttl=1h --what-if routing:upgrade=false --by feature'
	@printf '\nNow your own logs:\n  %s\n' "$(BIN)/llmcost report PATH"

.PHONY: test
test: $(VENV)/.installed-test ## Install with the test extras and run the tests, the built wheel's included
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: campaign
campaign: $(VENV)/.installed-test ## Break logs and kill ingests for longer (LINES a format, KILLS)
	CAMPAIGN_LINES=$(LINES) CAMPAIGN_KILLS=$(KILLS) $(BIN)/python -m pytest -n $(WORKERS) \
	    tests/formats/test_mutations.py tests/ingest/test_killed.py $(ARGS)

QUICK := engine queries prices render self_hosting track attribution explain
SLOW := prices/test_probe.py explain/test_laws.py

.PHONY: fast
fast: $(VENV)/.installed-test ## Run the quick tests: queries, engine, prices and other parts that need no whole command
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile $(QUICK:%=tests/%) $(SLOW:%=--ignore=tests/%) $(ARGS)

.PHONY: lint
lint: $(VENV)/.installed-dev ## Check style, types, the direction of imports and every query file
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet --tb=short tests/engine/test_queries_parse.py tests/engine/test_layers.py

.PHONY: format
format: $(VENV)/.installed-dev ## Rewrite the Python files in the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: bench
bench: $(VENV)/.installed ## Compare speed and memory with the alternatives (ARGS="--help" for the choices)
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: docs
docs: $(VENV)/.installed-docs ## Build the documentation as one site into site/, with the notebook executed
	@PLOTLY_RENDERER=notebook NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict --clean
	@echo 'Read it at http://127.0.0.1:8000: $(BIN)/python -m http.server --bind 127.0.0.1 --directory site'

.PHONY: wheel
wheel: $(VENV)/.installed-test ## Build the wheel and the source distribution into dist/
	$(BIN)/python -m hatchling build

.PHONY: clean
clean: ## Remove everything that these targets made
	rm -rf $(VENV) .demo build dist site benchmarks/.data .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp file for each set of extras, so that a set-up is done once and again when pyproject.toml changes.

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	    echo "There is no '$(PYTHON)' here. llmcost needs Python 3.11 or newer: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "llmcost needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12" >&2; \
	    exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "Installing llmcost into $(VENV)"
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.installed-%: pyproject.toml | $(BIN)/python
	@echo "Installing llmcost into $(VENV), with what '$*' needs"
	@$(PIP) install --editable '.[$*]'
	@touch $@ $(VENV)/.installed
