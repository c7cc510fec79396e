# Everything happens in this folder: the virtual environment, caches and results.
# `make demo` and `make test` set themselves up; nothing needs to be activated.

# The first that runs and is new enough; `make PYTHON=...` for another.
PYTHON ?= $(shell for p in python3.11 python3 python3.13 python3.12; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
BIN := .venv/bin
PRESETS ?= $(basename $(notdir $(shell grep -l "^anchors = .observed" scenarios/catalogue/*.toml)))
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

RUNTIME := .venv/.runtime
DEV := .venv/.dev
DESK := .venv/.desk

# Caches of the tools, kept inside the folder unless the user has a place for them.
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export IPYTHONDIR ?= $(CURDIR)/.cache/ipython
export JUPYTER_CONFIG_DIR ?= $(CURDIR)/.cache/jupyter
export JUPYTER_DATA_DIR ?= $(CURDIR)/.cache/jupyter
export JUPYTER_RUNTIME_DIR ?= $(CURDIR)/.cache/jupyter/runtime

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # the targets share one virtual environment
.PHONY: help demo desk test test-slow same lint format docs bench calibrate facts studies lessons screenshots readme setup clean

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(RUNTIME) ## run the covid crash and write its report
	@rm -rf runs/demo
	$(BIN)/spiral run covid_crash_2020 --out runs/demo
	@echo "Report: $(CURDIR)/runs/demo/report.html"

desk: $(DESK) ## open the browser desk on this folder's runs
	$(BIN)/spiral desk

# A file's tests keep to one process, as they share what they have made. Which files begin: tests/conftest.py.
# Types are checked while the tests run, as they keep one core busy for a minute and a half on a fresh machine.
# Before them all kernels are compiled, which two processes of tests would otherwise both do.
test: $(DEV) ## lint, types, layers, tests
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	@mkdir -p .cache; $(BIN)/mypy > .cache/types.log 2>&1 & types=$$!; \
	$(BIN)/python -m tests.kernels_asked; \
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder; tests=$$?; \
	wait $$types; typed=$$?; cat .cache/types.log; exit $$((tests || typed))

test-slow: $(DEV) ## the tests that take minutes
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow --hypothesis-profile=wide

same: $(DEV) ## does BASE=rev write the same tables as this tree, to the last bit? all presets and random casts (five minutes)
	@test -n "$(BASE)" || { echo "Say what to compare with: make same BASE=main"; exit 2; }
	$(BIN)/python -m tests.same $(BASE)

lint: $(DEV) ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(DEV) ## rewrite the source in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(DEV) ## the documentation site, into build/docs (half a minute)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "Open $(CURDIR)/build/docs/index.html; for its search: $(BIN)/python -m http.server -d build/docs"

# QUICK=1: fewer paths and turns, without what is long. ALL=1: also what would make it take more than ten minutes.
# CPU=x86-64-v3: machine code for that processor, so that figures of different machines compare; both sides are
# compiled for it. Into runs/bench/bench-x86-64-v3.json, and only what kernels decide (six minutes).
bench: $(DEV) ## speed and memory against named opponents, into runs/bench/bench.json (ten minutes; QUICK=1: two)
	@test -n "$(QUICK)" || sh tests/bench/pfhedge_env.sh $(PYTHON) || echo "pfhedge could not be installed: its rows are left out"
	$(if $(CPU),NUMBA_CPU_NAME=$(CPU) NUMBA_CPU_FEATURES=) $(BIN)/python -m pytest tests/bench -q -p no:cacheprovider \
		--bench-out runs/bench/bench$(if $(CPU),-$(CPU)).json $(if $(QUICK),--quick) $(if $(ALL),--all)

calibrate: $(RUNTIME) ## fit the presets' outside worlds to their records again, in place (an hour); PRESETS="a b" for some
	@failed=; for file in $(PRESETS:%=scenarios/catalogue/%.toml); do \
		echo "$$file ..."; $(BIN)/spiral calibrate "$$file" || failed="$$failed $$file"; \
	done; test -z "$$failed" || { echo "Left as they were:$$failed"; exit 1; }

facts: $(RUNTIME) ## stylised facts of every preset, loop by loop, into runs/facts/table.md (ten minutes)
	@for name in $$($(BIN)/spiral list | cut -d' ' -f1); do \
		echo "$$name ..."; $(BIN)/spiral facts $$name --loops --paths 1000 --out runs/facts/$$name --quiet || exit 1; done
	$(BIN)/python -c "from analysis.facts_summary import markdown; print(markdown('runs/facts'))" > runs/facts/table.md

screenshots: $(DEV) ## the pictures of the browser desk in docs/desk, in headless Chromium (minutes)
	$(BIN)/python docs/desk/screenshots.py

# What docs/studies shows: its sweeps go on where they stopped, and its pictures and tables are made from them.
STUDIES := docs/studies
studies: $(RUNTIME) ## the studies of docs/studies from scratch: sweeps, pictures, tables (a quarter of an hour)
	$(BIN)/spiral sweep $(STUDIES)/phase_diagram.toml
	$(BIN)/spiral sweep $(STUDIES)/which_loop.toml
	$(BIN)/spiral frontier --all --paths 500
	$(BIN)/spiral frontier covid_crash_2020 --desks 1,2,5,10 --paths 500
	$(BIN)/spiral chart sweeps/phase_diagram heat_map $(STUDIES)/phase_reduced.png --metric reduced_rate
	$(BIN)/spiral chart sweeps/phase_diagram heat_map $(STUDIES)/phase_feedback.png --metric feedback_share
	$(BIN)/spiral chart sweeps/frontier_all frontier $(STUDIES)/frontier_covid.png --scenario covid_crash_2020
	$(BIN)/spiral chart sweeps/frontier_all appetites $(STUDIES)/appetites.png
	$(BIN)/spiral chart sweeps/crowding_covid_crash_2020 crowding $(STUDIES)/crowding_covid.png
	$(BIN)/python $(STUDIES)/tables.py
	$(BIN)/python $(STUDIES)/caused.py
	$(BIN)/python $(STUDIES)/rates.py
	$(BIN)/python $(STUDIES)/procyclicality.py
	$(BIN)/python $(STUDIES)/margin.py
	$(BIN)/python $(STUDIES)/vol_funds.py
	$(BIN)/python $(STUDIES)/vega_hedge.py

lessons: $(DEV) ## each lesson's files, figures for slides and notebooks, into runs/lessons (three minutes)
	$(BIN)/python docs/lessons/kit.py

readme: demo ## rebuild the picture in the README
	$(BIN)/python -c "from analysis import open_run, write_chart; write_chart(open_run('runs/demo'), 'panels', 'docs/covid_crash_2020.png')"

setup: $(DEV) ## only set up, with the tools of development

clean: ## remove the virtual environment, caches and results
	rm -rf .venv .cache runs sweeps build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is younger than what it was made from, or is made again.
$(RUNTIME): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Spiral needs Python 3.11 or later: put it on the PATH, or make PYTHON=/path/to/it"; exit 1; }
	@echo "Setting up .venv (once) ..."
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@$(PIP_INSTALL) --editable .
	@touch $@

$(DESK): $(RUNTIME)
	@echo "Adding what the browser desk needs (once) ..."
	@$(PIP_INSTALL) --editable '.[desk]'
	@touch $@

$(DEV): $(RUNTIME)
	@echo "Adding the tools of development (once) ..."
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@
