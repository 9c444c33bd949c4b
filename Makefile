# `make help` lists what can be made. Everything runs from .venv, which `make install` makes.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
# Keep compiled modules: the tests start hundreds of processes, and each would compile every module again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## Say what each target does.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: ## Make .venv with everything, and node_modules if Node 18+ is installed; quick when nothing changed.
	@tools/install

.PHONY: demo
demo: install ## Play four drifts and their repairs in a small sandbox on this machine; show each alert.
	@.venv/bin/phidrift demo

.PHONY: serve
serve: install ## Run the functions on this machine, on port 7071, as the Functions host would.
	@.venv/bin/phidrift serve

.PHONY: test
test: install ## Run every test that needs no browser (Node 18+ is needed).
	@tools/install --need-node
	$(PYTHON) -m pytest -m "not browser" --numprocesses auto --dist worksteal

.PHONY: test-all
test-all: install ## Run these tests with every case, not a sample (about an hour).
	@tools/install --need-node
	TEST_EVERYTHING=1 $(PYTHON) -m pytest -m "not browser" --numprocesses auto --dist worksteal

.PHONY: fuzz
fuzz: install ## Test N random histories (default 20000).
	FUZZ=$(or $(N),20000) $(PYTHON) -m pytest tests/scenarios/test_histories.py --numprocesses auto --timeout 0

.PHONY: growth
growth: install ## Simulate N days (default 365) and show that the state stops growing.
	$(PYTHON) -m tests.scenarios.growth $(or $(N),365)

.PHONY: test-browser
test-browser: ## Run the tests that need Chromium.
	@tools/install --need-chromium
	$(PYTHON) -m pytest -m browser

.PHONY: cards
cards: ## Draw the cards of docs/images again (Chromium is needed).
	@tools/install --need-chromium
	$(PYTHON) -m tests.browser.render

.PHONY: check
check: install ## Check style, types and the direction of imports: the one gate.
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

.PHONY: package
package: install ## Make the zip that is deployed, and its bill of materials, in build/.
	$(PYTHON) -m tools.package

.PHONY: infra
infra: ## Check the templates in infra/: no warning, formatted, snapshots current (Bicep is needed).
	@tools/templates

.PHONY: infra-snapshots
infra-snapshots: install ## Generate the parts of infra/ that come from the code, and the snapshots (Bicep is needed).
	$(PYTHON) -m tools.infra.topics
	@tools/templates --write

.PHONY: bench
bench: install ## Measure the time from an event received to its alert posted.
	$(PYTHON) -m bench

.PHONY: lock
lock: install ## Renew the pinned versions and their hashes.
	@tools/lock
