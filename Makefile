# `make` alone lists the targets. Needs Python 3.11+ and make; everything else is installed into .venv* here.
.DEFAULT_GOAL := help
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8080
SERVE := .venv-serve
DEV := .venv
PIP := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help setup serve test check train evaluate evaluate-encoder bench-finetune bench-scarcity bench-evidence bench-language clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

serve: $(SERVE)/ready ## start the service on HOST:PORT (default 127.0.0.1:8080) with the shipped model
	@exec $(SERVE)/bin/python -m service --host $(HOST) --port $(PORT)

test: $(DEV)/ready ## run all tests
	$(DEV)/bin/python -m pytest

check: $(DEV)/ready ## ruff, mypy strict, import arrows
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports

setup: $(DEV)/ready ## build the whole development environment in .venv
	@echo "ready: $(DEV)/bin/python"

train: $(DEV)/ready ## fit, calibrate, export and evaluate a classifier from data/corpus (under 30 minutes on 2 cores)
	$(DEV)/bin/python -m training all --report docs/evaluation.md

PEERS ?= tfidf frozen teacher fasttext setfit
evaluate: $(DEV)/ready ## score the current classifier on gold beside what one would pick instead (PEERS=…); writes docs/evaluation.md
	$(DEV)/bin/python -m training evaluate --report docs/evaluation.md --peers $(PEERS)

evaluate-encoder: $(DEV)/ready ## measure the encoder on SIB-200 (needs the benchmark text; says so and stops without)
	$(DEV)/bin/python -m training evaluate-encoder --report docs/encoder.md

bench-finetune: $(DEV)/ready ## fine-tune on public benchmarks (SETS="viocd umsab"; needs their text; hours for all of them)
	$(DEV)/bin/python -m benchmarks.finetune $(SETS)

bench-scarcity: $(DEV)/ready ## learning curve, and languages that nothing was labelled in (hours)
	$(DEV)/bin/python -m benchmarks.scarcity curve
	$(DEV)/bin/python -m benchmarks.scarcity transfer

bench-evidence: $(DEV)/ready ## what evidence costs
	$(DEV)/bin/python -m benchmarks.evidence_cost

bench-language: $(DEV)/ready ## measure language identification
	$(DEV)/bin/python -m benchmarks.language

clean: ## remove environments and build folders
	rm -rf $(DEV) $(SERVE) build .mypy_cache .pytest_cache .ruff_cache

$(SERVE)/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(SERVE)
	$(SERVE)/bin/python $(PIP) --editable .
	@touch $@

$(DEV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(PIP) torch
	$(DEV)/bin/python $(PIP) --editable '.[train,dev,peers]'
	@touch $@
