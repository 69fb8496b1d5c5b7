# One command each; works from a bare checkout with Python 3.11 or newer.

.DEFAULT_GOAL := help
.PHONY: help run test lint bench requirements
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{printf "  %-20s%s\n", $$1, $$2}'

run: ## start everything; Ctrl-C stops it (PORT=8080: that port, DEMO=no: without demo data)
	@.ci/setup run
	@DEMO="$${DEMO:-yes}" exec $(BIN)/python -m flask serve

test: ## bring everything the tests need, then run all of them (BROWSER=skip: none in a browser)
	@.ci/setup dev
	@CHROMIUM="$$(.ci/setup browser)" && export CHROMIUM && \
	  exec $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

lint: ## formatting, lint, types, imports, templates, translations complete
	@.ci/setup dev
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/python -m djlint --lint --quiet ideals
	.ci/setup translations

bench: ## each benchmark beside its yardstick, as a table and as JSON
	@.ci/setup dev
	@exec $(BIN)/python -m benchmarks

requirements: ## compile requirements*.txt from requirements*.in (for maintainers, with uv)
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) --no-strip-extras requirements-dev.in -o requirements-dev.txt
