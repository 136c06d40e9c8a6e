# The two commands: `make run` shows the whole service, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two for each core: many tests wait, for a provider that hangs or a lease that ends.
WORKERS ?= $(shell echo $$((2 * $$(nproc))))

.PHONY: run test bench lint types layers suite lock clean

run: $(VENV)/.runtime
	$(BIN)/python -m demo

test: lint types layers suite

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.development
	$(BIN)/mypy .

layers: $(VENV)/.development
	$(BIN)/lint-imports

suite: $(VENV)/.development
	$(BIN)/pytest -n $(WORKERS)

# The numbers of docs/performance.md; `make bench ROWS="sms email" BENCH=--quick` for some, quickly.
bench: $(VENV)/.development
	.ci/need nginx-light postfix wrk postgresql rabbitmq-server
	$(BIN)/python -m benchmarks $(ROWS) $(BENCH) --markdown

# Write down what a fresh install of requirements*.txt resolves to.
lock: clean
	: > constraints.txt
	$(MAKE) $(VENV)/.development
	$(BIN)/pip freeze > constraints.txt

clean:
	rm -rf $(VENV)

$(VENV)/bin/pip:
	$(PYTHON) -c "import ensurepip" 2>/dev/null || .ci/need python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt constraints.txt | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements.txt
	touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt constraints.txt | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements-dev.txt
	touch $@
