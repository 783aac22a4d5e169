# `make` alone lists the targets. Needs Python 3.11+ and make; everything else is installed into .venv* here.
.DEFAULT_GOAL := help
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8080
SERVE := .venv-serve
DEV := .venv
RACE := .venv-race
INFINITY := .venv-infinity
AUDIT := .venv-audit
PIP := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help setup serve demo test check train evaluate evaluate-encoder retrain own emerging bench-own bench-retrain bench-drift bench-emerging bench-finetune bench-prevalence bench-rising bench-scarcity bench-bulk bench-evidence bench-language bench-start bench-overload pictures race race-limit chaos audit words clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

serve: $(SERVE)/ready ## start the service on HOST:PORT (default 127.0.0.1:8080) with the shipped model, or MODEL=FOLDER
	@exec $(SERVE)/bin/python -m service --host $(HOST) --port $(PORT) $(if $(MODEL),--model "$(MODEL)")

demo: $(SERVE)/ready ## a year of an invented company in a store of its own, and the reports on it
	$(SERVE)/bin/python -m service demo --host $(HOST) --port $(PORT)

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

own: $(DEV)/ready ## make a classifier of your own labels: TABLE=tickets.csv OUT=models/mine OPTIONS="--text message --themes topic"
	@test -n "$(TABLE)" -a -n "$(OUT)" || { echo "say TABLE=FILE and OUT=FOLDER, such as: make own TABLE=tickets.csv OUT=models/mine"; exit 2; }
	$(DEV)/bin/python -m training own "$(TABLE)" --out "$(OUT)" $(OPTIONS)

retrain: $(DEV)/ready ## learn from corrections, and promote what is no worse (RECLAMO_STORE, RECLAMO_STORE_SECRET; OPTIONS="--dry-run")
	$(DEV)/bin/python -m training retrain $(OPTIONS)

emerging: $(DEV)/ready ## group what the taxonomy has no theme for, for /reports/emerging (RECLAMO_STORE, RECLAMO_STORE_SECRET; OPTIONS="--days 90")
	$(DEV)/bin/python -m training emerging $(OPTIONS)

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

bench-own: $(DEV)/ready ## few labels: ours beside SetFit and TF-IDF at 10, 50, 200 a label (hours; goes on where it was; needs the sets)
	$(DEV)/bin/python -m benchmarks.own run

bench-retrain: $(DEV)/ready ## how long retraining on 10,000 tickets takes, and the gate by simulation (two hours; nothing else should run)
	$(DEV)/bin/python -m benchmarks.retrain
	$(DEV)/bin/python -m benchmarks.gate

bench-drift: $(DEV)/ready ## false alarms and power of the drift job and of the audit of corrections, by simulation (an hour)
	$(DEV)/bin/python -m benchmarks.drift

bench-emerging: $(DEV)/ready ## hold each theme out of training and see whether it is found as a group (half an hour)
	$(DEV)/bin/python -m benchmarks.emerging

bench-prevalence: $(DEV)/ready ## whether corrected counts hold the truth when prevalence shifts, in every language (twenty minutes)
	$(DEV)/bin/python -m benchmarks.prevalence real
	$(DEV)/bin/python -m benchmarks.prevalence synthetic

bench-rising: $(DEV)/ready ## false alarms and power of the alarms on rising themes, by simulated years (ten minutes)
	$(DEV)/bin/python -m benchmarks.rising

words: $(DEV)/ready ## bring the catalogues of the reports up to date with the code; then translate what is empty
	cd service && ../$(DEV)/bin/pybabel -q extract --no-location --omit-header -k say -k count:1,2 -F reports/locale/babel.cfg -o ../build/reports.pot .
	for each in fi vi es; do $(DEV)/bin/pybabel -q update --no-fuzzy-matching --ignore-obsolete --no-wrap -i build/reports.pot -l $$each -o service/reports/locale/$$each/reports.po; done

pictures: $(DEV)/ready ## take the pictures in docs/reports anew, while `make demo` answers (OPTIONS=http://127.0.0.1:8080)
	$(DEV)/bin/python -m benchmarks.pictures $(or $(OPTIONS),http://127.0.0.1:8080)

bench-evidence: $(DEV)/ready ## what evidence costs
	$(DEV)/bin/python -m benchmarks.evidence_cost

bench-bulk: $(DEV)/ready ## measure whole files beside the bare engine, and memory on a million rows
	$(DEV)/bin/python -m benchmarks.bulk --memory-rows 1000000

bench-language: $(DEV)/ready ## measure language identification
	$(DEV)/bin/python -m benchmarks.language

bench-start: $(DEV)/ready ## measure the time from a start to the first answer, and the memory held
	$(DEV)/bin/python -m benchmarks.start

bench-overload: $(DEV)/ready ## flood the service at 1, 2 and 5 times its capacity (two minutes; nothing else should run)
	$(DEV)/bin/python -m benchmarks.overload

race: $(RACE)/ready $(INFINITY)/ready ## race other servers on these cores (OPTIONS="--quick"); writes docs/benchmarks.md
	$(RACE)/bin/python -m benchmarks.race $(OPTIONS)

race-limit: $(RACE)/ready ## measure the distance to what the processor can do; into the same report
	$(RACE)/bin/python -m benchmarks.race limit

CHAOS ?= 5000
chaos: $(DEV)/ready ## bad, half and vanishing requests, silent clients, faults of the machine; then a long fuzz (CHAOS=5000; ten minutes; Linux)
	$(DEV)/bin/python -m benchmarks.chaos --requests $(CHAOS)
	FUZZ_EXAMPLES=500 $(DEV)/bin/python -m pytest tests/service/test_fuzz.py
	STORE_KILLS=200 $(DEV)/bin/python -m pytest tests/data/store/test_durability.py

audit: ## hold the pinned packages against published vulnerabilities (needs network; says so where it has none)
	@test -d $(AUDIT) || $(PYTHON) -m venv $(AUDIT)
	@-$(AUDIT)/bin/python $(PIP) pip-audit
	@$(AUDIT)/bin/python .ci/audit.py

clean: ## remove environments and build folders
	rm -rf $(DEV) $(SERVE) $(RACE) $(INFINITY) $(AUDIT) build .mypy_cache .pytest_cache .ruff_cache

$(SERVE)/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(SERVE)
	$(SERVE)/bin/python $(PIP) --editable '.[reports]'
	@touch $@

$(DEV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(PIP) torch
	$(DEV)/bin/python $(PIP) --editable '.[train,dev,peers]'
	@touch $@

# What cannot be installed is skipped: the race says so and goes on without it.
RACE_PEERS := litserve==0.2.19 mosec==0.9.8 bentoml==1.4.39
$(RACE)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(RACE)
	$(RACE)/bin/python $(PIP) torch
	$(RACE)/bin/python $(PIP) --editable . aiohttp matplotlib onnx transformers
	@for peer in $(RACE_PEERS); do \
		$(RACE)/bin/python -m pip install --quiet --disable-pip-version-check $$peer || echo "$$peer is skipped"; \
	done
	@touch $@

# infinity needs older libraries than the project.
$(INFINITY)/ready:
	$(PYTHON) -m venv $(INFINITY)
	@$(INFINITY)/bin/python -m pip install --quiet --disable-pip-version-check 'infinity-emb[server,optimum]==0.0.78' \
		'sentence-transformers>=3.0.1,<4' 'transformers<4.58' torch==2.13.0 'click<8.2' 'numpy<2' || echo "infinity is skipped"
	@touch $@
