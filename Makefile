# Every target makes its own .venv from the hash-pinned lock; nothing else needs to be installed but Python and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := src tests jobs

.PHONY: help demo test test-fast test-power test-coverage fuzz kill check fix bench docs lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The lock is complete, so nothing is left to resolve; pip would ask again for what a package names with an extra.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: $(READY) ## Simulate four hospitals, plant faults, run everything, show planted → found
	$(BIN)/multisite demo

test: $(READY) ## All tests: most two at a time, then those that need the machine for themselves
	$(BIN)/python -m tests.whole

test-fast: $(READY) ## Unit, property and contract tests: under a minute
	POLARS_MAX_THREADS=1 $(BIN)/python -m pytest tests/unit tests/property tests/reference tests/fuzz tests/contract -m "not slow and not ray and not cluster and not s3 and not browser" -n 2 --hypothesis-profile brief

test-power: $(READY) ## 200 simulated cohorts: how often planted faults are found, how often clean ones fail
	$(BIN)/python -m tests.power --seeds 200
	$(BIN)/python -m tests.power --verdicts --seeds 200
	$(BIN)/python -m tests.power.drift

test-coverage: $(READY) ## Simulated data sets: how often each interval holds the truth
	$(BIN)/python -m tests.coverage

fuzz: $(READY) ## Ten minutes of spoilt headers against pydicom
	$(BIN)/python -m tests.fuzz --minutes 10

kill: $(READY) ## Ten rounds of killed workers, drivers and raylets: the artefacts stay the same
	$(BIN)/python -m tests.functional.kill_rounds --rounds 10

check: $(READY) ## Formatting, lint, types, import contracts
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m multisite.cli.reference_pages --check

fix: $(READY) ## Format and mend what can be mended
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

bench: $(READY) ## Ratios against what people would otherwise use, measured in one run
	$(BIN)/python -m tests.benchmarks

docs: $(READY) ## Write the generated reference pages
	$(BIN)/python -m multisite.cli.reference_pages

lock: $(READY) ## Resolve the dependencies again
	$(BIN)/python -m uv pip compile pyproject.toml --extra all --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --output-file requirements.lock

clean: ## Remove everything that the targets made
	rm -rf $(VENV) demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
