# The newcomer's manual: `make help`. Every verb sets up what it needs first; nothing is done twice.
PYTHON ?= python3
BOOT = $(PYTHON) -m tools.bootstrap
DEV = $(BOOT) exec
# More words for the test runner, for example: make test-py ARGS="-k lease"
ARGS ?=
.DEFAULT_GOAL = help
.PHONY: help setup run test test-py test-pg test-jobs test-ui test-e2e test-slow lint format openapi lock clean \
	bench-analyse bench-annotators bench-fights bench-localise bench-sounds bench-synthetic bench-train bench-ui

help: ## This list
	@awk -F ':[^#]*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install everything for running, testing and linting
	@$(BOOT) setup

run: ## Start Spotter with a demo (DEMO=0: empty; PORT=8000; SPOTTER_HOME=var; TORCH=cuda)
	@$(BOOT) run

test: ## All tests: Python on SQLite and PostgreSQL, jobs, TypeScript, browser
	@$(DEV) tools.testing

test-py: ## Python tests on SQLite (ARGS="-k lease" for some of them)
	@$(DEV) tools.testing py -- $(ARGS)

test-pg: ## The same on a PostgreSQL of their own
	@$(DEV) tools.testing pg -- $(ARGS)

test-jobs: ## Job tests with a real Redis and worker
	@$(DEV) tools.testing jobs -- $(ARGS)

test-ui: ## TypeScript tests
	@$(DEV) tools.testing ui -- $(ARGS)

test-e2e: ## Browser tests in Chromium
	@$(DEV) tools.testing e2e -- $(ARGS)

test-slow: ## The long forms of slow tests, which `make test` leaves out
	@$(DEV) tools.testing slow -- $(ARGS)

lint: ## Formatting, lint, types, arrows between rooms, the wire
	@$(DEV) tools.lint

format: ## Put Python, TypeScript and Svelte into shape
	@$(DEV) tools.lint --fix

openapi: ## Write openapi.json and the TypeScript types made from it
	@$(DEV) tools.openapi

lock: ## Resolve pyproject.toml into the two lock files
	@$(DEV) tools.lock

clean: ## Remove what was installed and built (your data in var/ stays)
	rm -rf .venv frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache

bench-analyse: ## What an analysis costs beside plain decoding (SPOTTER_DATA)
	@$(DEV) bench.analyse $(ARGS)

bench-annotators: ## What every annotator's voice gains and costs, in four regimes (SPOTTER_DATA)
	@$(DEV) bench.annotators $(ARGS)

bench-fights: ## Accuracy on the real fight clips (SPOTTER_DATA)
	@$(DEV) bench.fights $(ARGS)

bench-localise: ## Violations found in spliced films of other material (SPOTTER_DATA)
	@$(DEV) bench.localise $(ARGS)

bench-sounds: ## Accuracy on real sounds of equal length and level (SPOTTER_DATA)
	@$(DEV) bench.sounds $(ARGS)

bench-synthetic: ## Accuracy on synthetic films of another seed
	@$(DEV) bench.synthetic $(ARGS)

bench-train: ## How long 2,000 labelled video-minutes take to a bundle, and an hour to its curves
	@$(DEV) bench.train $(ARGS)

bench-ui: ## How fast the workbench opens, draws and goes on, in Chromium
	@$(DEV) bench.ui $(ARGS)
