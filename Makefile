# Everything starts here: `make help` lists the targets. A fresh machine needs Python 3.11 or newer, make and a
# package index; every target that needs the environment sets it up first, from pinned and hashed requirements.

VENV := .venv
BIN := $(VENV)/bin
# The first interpreter that is new enough and really starts; override with `make PYTHON=/path/to/python`.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,\
	$(shell $(p) -c 'import sys; sys.version_info >= (3, 11) and print("$(p)")' 2>/dev/null)))
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

# Tests and the demonstration start many processes; without kept bytecode each would compile its libraries anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-bench lock lint format docs reference accuracy figures test demo bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- environment ----------------------------------------------------------------------------------------------

setup: $(VENV)/.project ## create .venv with the pinned tools and Antigone itself
setup-bench: $(VENV)/.bench ## add the peers that the benchmarks compare with

# --no-deps: the files hold every package that is wanted, and leave one out that is not (see pyproject.toml).
$(VENV)/.requirements: requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with PYTHON=..." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -qq --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

# --no-build-isolation: the build tool is the pinned one, not whatever the index offers today.
$(VENV)/.project: $(VENV)/.requirements pyproject.toml
	$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.bench: $(VENV)/.project requirements-bench.txt
	$(PIP) install -qq --no-deps --no-build-isolation --require-hashes -r requirements-bench.txt
	@touch $@

# Needs uv, which nobody needs otherwise. Addresses stay out: the files hold names, versions and hashes.
UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml

lock: ## pin the requirements anew (UPGRADE=1 takes newer versions)
	$(PIP) install --quiet uv
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) -o requirements.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) -c requirements.txt --group build --group dev --group docs -o requirements-dev.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) -c requirements-dev.txt --group build --group dev --group docs --group bench \
		-o requirements-bench.txt

# ---- checks ---------------------------------------------------------------------------------------------------

lint: setup ## ruff, mypy --strict, import layers, strict build of the docs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory docs

format: setup ## let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: setup ## build the documentation into site/, any warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

reference: setup ## write the pages that are derived from the code and from the pinned packages
	$(BIN)/python tools/reference.py
	$(BIN)/python tools/licences.py

accuracy: setup-bench ## measure LFW through `antigone evaluate`, beside the peers, and write docs/accuracy.md
	$(BIN)/python -m benchmarks.scorecard $(ARGS)
	$(BIN)/python -m benchmarks.strength
	$(BIN)/python tools/figures.py

figures: setup ## take the results of the last benchmarks over into the documentation
	$(BIN)/python tools/figures.py

test: setup ## run the tests; ARGS="-k name" chooses
	$(BIN)/pytest $(ARGS)

# ---- see it work ----------------------------------------------------------------------------------------------

demo: setup ## find a face end to end; PHOTOS=dir PROBE=file for your own photos
	$(BIN)/python demo/demo.py $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(PROBE),--probe "$(PROBE)")

BENCHMARKS := accuracy scorecard strength ladder improvements pipeline search end-to-end kill-resume audit-rate audit-tampering \
	sources manifest archives video custody near-duplicates clusters dossier cut-off load pages standing identity-check \
	counted-month second-opinion

bench: $(BENCHMARKS:%=bench-%) ## measure everything beside other systems, one after the other

# For example `make bench-search`; ARGS="--help" tells what each can be asked.
bench-%: setup-bench
	$(BIN)/python -m benchmarks.$(subst -,_,$*) $(ARGS)

clean: ## remove everything that was built or measured here
	rm -rf $(VENV) site build dist demo/output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
