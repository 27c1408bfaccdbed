# Everything from a bare Linux with Python 3.11 and make: `make demo`, `make test`. Nothing is installed outside .venv/,
# except missing system packages where that is allowed (see scripts/system-packages).

VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/.done
# One at a time, whatever else goes on. Many files are compiled sooner all at once; nobody imports the tests of libraries.
PIP := flock $(VENV) $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
COMPILE := $(BIN)/python -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib >$(VENV)/compile.log
LAB_PARTS := README.md install.json nbcohort_lab package.json pyproject.toml src style tsconfig.json
LAB_SOURCES := $(shell cd extensions/lab && find $(LAB_PARTS) -type f -not -path '*/labextension/*' \
	-not -name '*.pyc' -printf 'extensions/lab/%p ')

# nbgrader looks for alembic on the PATH, npm for node.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# npm trusts the certificates that the system trusts.
export NODE_USE_SYSTEM_CA := 1
# Python keeps what it compiled: tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test bench bench-allocation bench-deadline bench-grading bench-peer-scores lint style format lock install install-dev clean

help: ## show what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: install ## play two weeks of a cohort on a real Hub, then stay up; resumes where it was
	@$(BIN)/nbcohort demo

demo-reset: ## stop the demo and forget everything that happened in it
	@if [ -x $(BIN)/nbcohort ]; then $(BIN)/nbcohort demo --reset; else rm -rf .demo; fi

# Four at once, as most tests wait for a process most of the time; what shares a Hub or a service stays in one of them.
# The order, the longest first, is that of tests/conftest.py.
test: style ## style, imports and all tests, of which one checks the types
	$(BIN)/pytest -n 4 --no-loadscope-reorder

bench: bench-allocation bench-deadline bench-grading bench-peer-scores ## measure: each script in benchmarks/ prints its figures; some minutes each

bench-allocation: install-dev ## measure the allocation of peer reviews beside a greedy one, with BENCH_OPTIONS
	$(BIN)/python benchmarks/allocation.py $(BENCH_OPTIONS)

bench-deadline: install-dev ## measure the minute before a deadline, with BENCH_OPTIONS
	$(BIN)/python benchmarks/deadline.py $(BENCH_OPTIONS)

bench-grading: install-dev ## measure grading beside nbgrader, Papermill and otter, with BENCH_OPTIONS
	$(BIN)/python benchmarks/grading.py $(BENCH_OPTIONS)

bench-peer-scores: install-dev ## measure how near scores from peer reviews come to the truth, with BENCH_OPTIONS
	$(BIN)/python benchmarks/peer_scores.py $(BENCH_OPTIONS)

lint: style ## style, formatting, types and the arrows between the packages
	$(BIN)/mypy

style: install-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

format: install-dev ## put the code into shape
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

lock: install-dev ## write the lock files in requirements/, deploy/proxy/ and extensions/lab/ anew
	scripts/lock $(LOCK_OPTIONS)
	cd deploy/proxy && npm install --package-lock-only
	cd extensions/lab && npm install --package-lock-only

install: ## what the demo needs, in .venv
	@$(MAKE) --no-print-directory --jobs=2 installed

install-dev: ## what the tests need as well
	@$(MAKE) --no-print-directory --jobs=2 installed-dev

.PHONY: installed installed-dev
installed: $(DONE)/nbcohort $(DONE)/proxy $(DONE)/lab system-run
installed-dev: installed $(DONE)/dev system-test

clean: ## remove .venv and what tools left behind (the demo stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Each step leaves a file in .venv/.done and runs again when what it depends on has changed.

$(DONE)/venv:
	@python=$$(scripts/find-python) && echo "Making $(VENV) with $$python" && "$$python" -m venv $(VENV)
	@mkdir -p $(DONE) && touch $@

$(DONE)/requirements: requirements/all.lock | $(DONE)/venv
	@echo "Installing what nbcohort builds on (a few minutes the first time)"
	@$(PIP) install --no-compile --require-hashes --only-binary :all: -r $<
	-@$(COMPILE)
	@touch $@

$(DONE)/nbcohort: pyproject.toml $(DONE)/requirements
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(DONE)/proxy: deploy/proxy/package-lock.json $(DONE)/requirements
	@echo "Installing the Hub's proxy"
	@mkdir -p $(VENV)/proxy && cp deploy/proxy/package.json $< deploy/proxy/.npmrc $(VENV)/proxy/
	@cd $(VENV)/proxy && npm ci --loglevel=error
	@ln -sf ../proxy/node_modules/.bin/configurable-http-proxy $(BIN)/configurable-http-proxy
	@touch $@

$(DONE)/lab-packages: extensions/lab/package-lock.json extensions/lab/.npmrc $(DONE)/requirements
	@echo "Installing what builds the extension of JupyterLab"
	@mkdir -p $(VENV)/lab && cp extensions/lab/package.json $< extensions/lab/.npmrc $(VENV)/lab/
	@cd $(VENV)/lab && npm ci --ignore-scripts --loglevel=error
	@touch $@

# Built in a copy, so that nothing lies in the tree that a wheel or a search would find.
$(DONE)/lab: $(LAB_SOURCES) $(DONE)/lab-packages $(DONE)/nbcohort
	@echo "Building the extension of JupyterLab"
	@cd $(VENV)/lab && rm -rf lib nbcohort_lab src style
	@cd extensions/lab && cp -r $(LAB_PARTS) $(CURDIR)/$(VENV)/lab/
	@rm -rf $(VENV)/lab/nbcohort_lab/labextension
	@cd $(VENV)/lab && npm run --silent build >build.log 2>&1 || { cat build.log; exit 1; }
	@$(PIP) install --no-deps --no-build-isolation --no-index --force-reinstall $(VENV)/lab
	@touch $@

$(DONE)/dev: requirements/dev.lock $(DONE)/requirements
	@echo "Installing what the tests need"
	@$(PIP) install --no-compile --require-hashes --only-binary :all: -r $<
	-@$(COMPILE)
	@touch $@

# Packages that could not be installed are looked for again each time; this takes no time.
.PHONY: system-run system-test
system-run:
	@scripts/system-packages run
system-test: system-run
	@scripts/system-packages test
