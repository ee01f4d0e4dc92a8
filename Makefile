# Two commands do everything on a fresh machine: make book, make test.
PYTHON ?= python3
LOCK := requirements.txt
ifeq ($(OS),Windows_NT)
  BIN := .venv/Scripts
else
  BIN := .venv/bin
endif
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help book test example check-facts serve lint types lock simulate screenshots clean

help: ## list every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(READY) ## execute what changed, build the site and print where it is
	@$(BIN)/python -m lentap build

test: $(READY) ## run the whole test suite
	$(BIN)/python -m pytest -n auto --dist loadfile

example: $(READY) ## build the book of a real trial, the CDISC pilot study
	@$(BIN)/python examples/cdisc_pilot/prepare.py _build/cdisc_pilot
	@$(BIN)/python -m lentap build --data _build/cdisc_pilot

check-facts: $(READY) ## list where the synthetic trial disagrees with what is published
	@$(BIN)/python -m lentap check-facts

serve: $(READY) ## look at the built site on the loopback address
	@$(BIN)/python -m lentap serve

simulate: $(READY) ## write the shipped synthetic trial anew from data/assumptions.yml
	@$(BIN)/python -m lentap simulate data/trial

lint: $(READY) ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: $(READY) ## pin the whole environment anew in requirements.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --upgrade --quiet --output-file $(LOCK)

clean: ## remove everything that was built
	rm -rf _build

# The environment is made from the lock; uv is used where it is installed and can reach its packages, since it is quicker.
$(READY): $(LOCK) pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=python3.11 ...' or 0)"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	{ command -v uv >/dev/null && VIRTUAL_ENV=.venv uv pip install --quiet --require-hashes -r $(LOCK) 2>/dev/null; } \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
