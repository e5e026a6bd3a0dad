# Every target does its own set-up from a bare machine: Python 3.11+, pip, Node 20+, npm.
.DEFAULT_GOAL := help
.PHONY: help install up down test check bench format docs lock

BIN := .venv/bin
export UV := $(CURDIR)/.vela/tools/uv/bin/uv

help: ## List the targets.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: ## Install what the lock files pin, below this folder only.
	@PYTHON="$(PYTHON)" scripts/setup.sh

up: install ## Start the whole platform on this machine, deploy it with CDK, check its health.
	@$(BIN)/vela up

down: ## Stop the platform; its data stay (`vela down --purge` forgets them).
	@if [ -x $(BIN)/vela ]; then $(BIN)/vela down; else echo "Nothing is installed here, so nothing runs."; fi

test: install ## Run every test.
	@scripts/test.sh

check: install ## Format, lint, types, imports, generated docs: what CI asks beside the tests.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@for package in vela dsql-local; do \
	    MYPYPATH=packages/vela/src:packages/dsql-local/src:packages/$$package/tests \
	    $(BIN)/mypy --allow-untyped-defs --allow-incomplete-defs --allow-untyped-calls packages/$$package/tests || exit 1; \
	done
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python scripts/reference.py --check
	@$(UV) lock --check --quiet

format: install ## Format and mend what can be mended.
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

docs: install ## Write the generated reference pages anew.
	@$(BIN)/python scripts/reference.py

bench: install ## Measure every figure the README states; results go to benchmarks/results/.
	@$(BIN)/python -m benchmarks
