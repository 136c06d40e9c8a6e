# `make run` shows the whole service, `make test` proves it; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two for each core: many tests wait, for a provider that hangs or a lease that ends.
WORKERS ?= $(shell echo $$((2 * $$(nproc))))

# One file for every supported Python and platform, with the hashes of all files of a release.
PIN := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UPGRADE)
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: help run test bench lint format types layers suite texts migration newest picture pins clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## the whole service in one process; PORT=8000 and SIMULATOR_PORT=8100 choose
	$(BIN)/python -m demo $(if $(PORT),--port $(PORT)) $(if $(SIMULATOR_PORT),--simulator-port $(SIMULATOR_PORT))

test: lint types layers suite ## everything that must pass

format: $(VENV)/.development ## put every file into the form that `make lint` asks for
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(VENV)/.development ## look for mistakes and untidy files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.development ## check the types
	$(BIN)/mypy .

layers: $(VENV)/.development ## check that imports point down only
	$(BIN)/lint-imports

suite: $(VENV)/.development ## the tests, or some: make suite ARGS="tests/areas -k search"
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

texts: $(VENV)/.development ## take new texts into the English catalogues, and list what lacks English
	$(BIN)/python -m web.languages update

migration: $(VENV)/.development ## write a migration from what the models have changed; TEXT="Add a column"
	$(BIN)/python -m migrations.new "$(or $(TEXT),$(error say what it does: TEXT="Add a column"))"

# The half that needs neither PostgreSQL nor Chromium shows what a newer Python thinks of the code.
newest: ## half of the tests on the newest Python of this machine
	@python=$$(.ci/newest-python $(PYTHON)); \
	if [ -z "$$python" ]; then echo "varsko: no newer Python than $(PYTHON) here; its half of the tests is skipped"; exit 0; fi; \
	echo "varsko: half of the tests on $$python"; \
	$(MAKE) suite VENV=.venv-newest PYTHON=$$python ARGS="-m 'not browser and not postgresql'"

bench: $(VENV)/.development ## the numbers of docs/performance.md, or some: ROWS="sms email" BENCH=--quick
	.ci/need
	$(BIN)/python -m benchmarks $(ROWS) $(BENCH) --markdown

picture: $(VENV)/.development ## draw docs/varsko.png, the picture in README.md, from the demo
	$(BIN)/python -m tests.draw_picture

pins: $(VENV)/.development ## refresh requirements*.txt from requirements*.in; UPGRADE=--upgrade takes the newest
	$(PIN) requirements.in -o requirements.txt
	$(PIN) requirements-dev.in -o requirements-dev.txt

clean: ## delete the virtual environments
	rm -rf $(VENV) .venv-newest

$(VENV)/bin/pip:
	$(PYTHON) -c "import ensurepip" 2>/dev/null || .ci/need python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/pip
	$(INSTALL) -r requirements.txt
	touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt | $(VENV)/bin/pip
	$(INSTALL) -r requirements.txt -r requirements-dev.txt
	touch $@
