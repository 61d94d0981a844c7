# The project's verbs; `make` alone lists them. All is made inside the clone (.venv, labextension/node_modules): python >= 3.11, node and git suffice.

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := .ci/requirements.lock
BUNDLE := jupyter_resources/labextension/static/style.js
AZURITE := $(VENV)/azurite/.installed
NODE_MODULES := labextension/node_modules/.yarn-state.yml
FRONT_END := $(shell find labextension/src -type f 2>/dev/null) labextension/package.json labextension/tsconfig.json
BENCH := $(VENV)/bench
BENCH_LOCK := .ci/bench.lock
CHECKS := check-style check-types check-floors check-front-end check-schema check-locks check-notebooks

# Our tools win over an activated environment's, and nothing leaks in from it.
export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.PHONY: help lab demo test check soak bench screenshot lock clean ready $(CHECKS)
.DELETE_ON_ERROR:

help:
	@echo 'make lab     build everything, open JupyterLab on the quickstart notebook'
	@echo 'make demo    run the quickstart notebook here in the terminal, print what it shows'
	@echo 'make test    run the tests                        (ARGS="-k push" picks some)'
	@echo 'make check   style, types, floors, front end, schema, lock files, notebooks'
	@echo 'make soak    the promises at full size; what it saw goes to docs/reliability.md'
	@echo 'make bench   ours and other tools side by side; writes docs/performance.md   (ARGS="--only a,c")'
	@echo 'make screenshot  the README'"'"'s picture, of the widget in a real notebook'
	@echo 'make lock    resolve the newest allowed dependencies anew, into $(LOCK)'
	@echo 'make clean   remove everything that was made, the virtualenv too'

lab: ready
	$(BIN)/python -m jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) --LabApp.default_url=/lab/tree/notebooks/quickstart.ipynb $(ARGS)

demo: ready
	@$(BIN)/python -m tests.tools.demo notebooks/quickstart.ipynb

test: ready
	@$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

soak: ready
	$(BIN)/python -m tests.soak

bench: ready $(BENCH)/.installed
	@$(BIN)/python -m tests.bench $(ARGS)

screenshot: ready
	$(BIN)/python -m tests.tools.screenshot

# A sub-make, so that one failing check hides no other.
check: ready
	@$(MAKE) --no-print-directory -k -j2 $(CHECKS) && echo 'check: all good'

check-style:
	ruff check --quiet .
	ruff format --check --quiet .

check-types:
	$(BIN)/python -m mypy

check-floors:
	lint-imports --no-cache --no-logo

check-front-end:
	cd labextension && jlpm run check && jlpm run test

check-schema:
	$(BIN)/python -m jupyter_resources.api.schema --check

check-locks:
	$(BIN)/python -m tests.tools.locks

check-notebooks:
	$(BIN)/python -m tests.tools.notebooks

lock: $(VENV)/.python
	@rm -rf $(VENV)/resolve && $(BIN)/python -m venv $(VENV)/resolve
	@$(BIN)/python -m tests.tools.requirements > $(VENV)/resolve/requirements.txt
	$(VENV)/resolve/bin/python -m pip --disable-pip-version-check --quiet install -r $(VENV)/resolve/requirements.txt
	@$(VENV)/resolve/bin/python -m pip --disable-pip-version-check list --format=freeze --exclude pip --exclude setuptools > $(LOCK)
	@rm -rf $(VENV)/resolve
	@$(BIN)/python -m venv $(VENV)/resolve
	$(VENV)/resolve/bin/python -m pip --disable-pip-version-check --quiet install -r tests/bench/peers.txt
	@$(VENV)/resolve/bin/python -m pip --disable-pip-version-check list --format=freeze --exclude pip --exclude setuptools > $(BENCH_LOCK)
	@rm -rf $(VENV)/resolve
	@cd tests/servers/azurite && rm -f package-lock.json && npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error
	@$(BIN)/python -m tests.tools.locks --strip tests/servers/azurite/package-lock.json
	@$(BIN)/python -m tests.tools.locks

clean:
	rm -rf $(VENV) dist jupyter_resources/labextension jupyter_resources/widgets/static labextension/lib labextension/node_modules labextension/.yarn
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find jupyter_resources tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- how a fresh clone becomes a working one ---------------------------------------------------------------------------

# Two jobs: the front end builds while pip still downloads.
ready:
	@$(MAKE) -s --no-print-directory -j2 $(VENV)/.installed $(AZURITE)

$(VENV)/.python:
	@command -v $(PYTHON) >/dev/null || { echo 'make: no $(PYTHON) found; say which with PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed and $(PYTHON) is older; say which with PYTHON=/path/to/python3.11" >&2; exit 1; }
	@command -v node >/dev/null || { echo 'make: no node found; install Node.js 20 or newer' >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

# What the front end's build needs of Python, first and alone: it is small.
$(VENV)/.builder: $(VENV)/.python $(LOCK)
	@echo 'make: virtualenv'
	@$(PIP) install -c $(LOCK) hatchling hatch-jupyter-builder jupyter-builder
	@touch $@

$(VENV)/.packages: $(VENV)/.builder $(LOCK) pyproject.toml tests/tools/requirements.py
	@echo 'make: Python packages (about a minute the first time)'
	@$(BIN)/python -m tests.tools.requirements > $(VENV)/requirements.txt
	@$(PIP) install -c $(LOCK) -r $(VENV)/requirements.txt
	@touch $@

$(NODE_MODULES): labextension/package.json labextension/yarn.lock labextension/.yarnrc.yml | $(VENV)/.builder
	@echo "make: the front end's packages"
	@cd labextension && jlpm install --immutable > node_modules.log 2>&1 || { cat node_modules.log; exit 1; }
	@rm -f labextension/node_modules.log && touch $@

# A server that tests talk to, beside the front end: not one of its packages.
$(AZURITE): tests/servers/azurite/package.json tests/servers/azurite/package-lock.json | $(VENV)/.python
	@echo 'make: the Azure server of the tests'
	@mkdir -p $(@D) && cp $^ $(@D) && cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error > npm.log 2>&1 || { cat $(@D)/npm.log; exit 1; }
	@touch $@

# The tools that the benchmark compares with, and the toolchain for its proxy: nothing of ours sees them.
$(BENCH)/.installed: $(BENCH_LOCK) | $(VENV)/.python
	@echo 'make: the tools to compare with (a minute the first time)'
	@$(BIN)/python -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip --disable-pip-version-check --quiet install -r $(BENCH_LOCK)
	@touch $@

# Built from nothing each time: file names carry hashes, so an old build would travel along.
$(BUNDLE): $(NODE_MODULES) $(FRONT_END)
	@echo 'make: the front end'
	@rm -rf jupyter_resources/labextension jupyter_resources/widgets/static labextension/lib
	@cd labextension && jlpm run build:prod > lib.log 2>&1 || { cat lib.log; exit 1; }
	@rm -f labextension/lib.log && touch $@

# The bundle is there already, so the build hook has nothing to do.
$(VENV)/.installed: $(VENV)/.packages $(BUNDLE) pyproject.toml $(wildcard labextension/jupyter-config/*/*.json) labextension/install.json
	@SKIP_JUPYTER_BUILDER=1 $(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
