# make chat    sets up, builds the index, opens the page
# make test    sets up, checks, runs all tests, those in a browser too
# make bench   times the assistant beside the stock tutorial chain
# make scaling  search and build at 1,000, 10,000 and 100,000 passages
# make load    twenty people ask the page at once: errors, seconds, memory
# make fix     puts the code into form
# A fresh machine needs Python 3.11 or newer, and nothing else.

PYTHON ?= python3
export PIP_DISABLE_PIP_VERSION_CHECK = 1

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.PHONY: chat test bench scaling load fix setup chromium clean
.DEFAULT_GOAL := chat

chat: setup
	$(BIN)/python -m index rebuild
	$(BIN)/python ui.py

test: .venv/for-tests chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

bench: .venv/for-bench
	$(BIN)/python scripts/bench.py

scaling: .venv/for-bench
	$(BIN)/python scripts/scaling.py

load: setup
	$(BIN)/python scripts/load.py

fix: .venv/for-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: .venv/for-chat

# The two files below are stamps: as long as they are newer than what they are made from, nothing is installed again.
# torch goes first and by itself: the resolver would take a larger build.
.venv/for-chat: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what the assistant needs into .venv. The first time takes some minutes."
	$(PIP) torch==2.13.0
	$(PIP) --editable .
	@touch $@

.venv/for-tests: .venv/for-chat
	$(PIP) --editable '.[dev]'
	@touch $@

.venv/for-bench: .venv/for-chat
	$(PIP) --editable '.[bench]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed. Name one with: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

# The page is tested in a real Chromium, a package of the system: installed where we may, else asked for.
chromium:
	@scripts/chromium.sh

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
