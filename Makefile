# foresell: `make` lists the verbs. It needs nothing but Python 3.11 to 3.13; the rest goes to .venv.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
READY := $(VENV)/.ready
LOCK := requirements/dev.txt
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup spark dvc airflow demo serve load check test coverage quality bench bench-peers bench-scale bench-serving soak lock clean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Build .venv from the hash-pinned lock

$(READY): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "foresell needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$($(PYTHON) -V 2>&1)."; \
	    echo "Install one of them, then: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "$(PYTHON) has no venv module. On Debian or Ubuntu: apt install python3-venv"; exit 2; }
	@echo "setting up $(VENV), once: about a minute"
	@$(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(RUN)/uv pip sync --quiet --python $(RUN)/python --compile-bytecode --require-hashes $(LOCK)
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --no-deps --no-build-isolation -e .
	@touch $(READY)

spark: .venv-spark/.ready ## Build .venv-spark, for the test of the Glue job: 500 MB

.venv-spark/.ready: requirements/spark.txt $(READY)
	@$(RUN)/uv venv --quiet --clear --python $(RUN)/python .venv-spark
	@$(RUN)/uv pip sync --quiet --python .venv-spark/bin/python --require-hashes requirements/spark.txt
	@touch $@

dvc: .venv-dvc/.ready ## Build .venv-dvc, with the program that dvc.yaml is for: 200 MB

.venv-dvc/.ready: requirements/dvc.txt $(READY)
	@$(RUN)/uv venv --quiet --clear --python $(RUN)/python .venv-dvc
	@$(RUN)/uv pip sync --quiet --python .venv-dvc/bin/python --compile-bytecode \
	  --require-hashes requirements/dvc.txt
	@touch $@

airflow: .venv-airflow/.ready ## Build .venv-airflow, for the DAGs and their tests: 400 MB

.venv-airflow/.ready: requirements/airflow.lock $(READY)
	@$(RUN)/uv venv --quiet --clear --python $(RUN)/python .venv-airflow
	@$(RUN)/uv pip sync --quiet --python .venv-airflow/bin/python --compile-bytecode \
	  --require-hashes requirements/airflow.lock
	@touch $@

demo: $(READY) ## Run the embedded project from raw data to a judged forecast, and show it
	@$(RUN)/foresell run retail
	@$(RUN)/foresell forecast retail

serve: $(READY) ## Answer over HTTP for the embedded project: http://127.0.0.1:8000/docs
	@$(RUN)/foresell run retail
	@$(RUN)/foresell serve retail --alias staging --log off

load: $(READY) ## Put a server under load, for every project that was run; thresholds fail it
	@$(RUN)/foresell run retail
	@$(RUN)/foresell loadtest --alias staging

check: $(READY) ## Format, lint, types, import contracts, spelling, the graph and its exports
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports
	@$(RUN)/foresell pipeline check
	@$(RUN)/foresell pipeline export dvc --check
	@$(RUN)/foresell pipeline export airflow --check
	@$(RUN)/codespell src tests docs benchmarks deploy README.md CHANGELOG.md CONTRIBUTING.md

test: $(READY) ## Run every test that this machine can
	@mkdir -p .quality
	@$(RUN)/python -m pytest $(SIDE_BY_SIDE) --junit-xml=.quality/junit.xml

coverage: $(READY) ## Measure which lines and branches the tests of rooms and ports run
	@mkdir -p .quality
	@$(RUN)/python -m pytest $(SIDE_BY_SIDE) tests/unit tests/contract src --cov \
	  --cov-report=term:skip-covered --cov-report=json:.quality/coverage.json

quality: $(READY) ## What is known of tests, coverage, models and servers, after make test and make coverage
	@$(RUN)/foresell quality

bench: $(READY) ## Measure on real data: make bench DATA=DIR (walmart/, sales_orders/, california/)
	@$(RUN)/python -m benchmarks --data "$(DATA)"
	@$(RUN)/python -m benchmarks.tabular --data "$(DATA)"
	@$(RUN)/python -m benchmarks.scoring --data "$(DATA)"
	@$(RUN)/python -m benchmarks.registry --data "$(DATA)"
	@$(RUN)/python -m benchmarks.tracking
	@$(RUN)/python -m benchmarks.drift
	@$(RUN)/python -m benchmarks.warehouse --data "$(DATA)"
	@$(RUN)/python -m benchmarks.decay --data "$(DATA)"
	@$(RUN)/python -m benchmarks.side_by_side --data "$(DATA)"
	@set -e; home=$$(mktemp -d); trap 'rm -rf "$$home"' EXIT; \
	  export FORESELL_HOME="$$home" FORESELL_TRACKING=off; \
	  $(RUN)/foresell stage walmart "$(DATA)/walmart" >/dev/null; \
	  $(RUN)/foresell stage sales_orders "$(DATA)/sales_orders" >/dev/null; \
	  $(RUN)/foresell stage california_housing "$(DATA)/california" >/dev/null; \
	  $(RUN)/foresell run all --preset fast --jobs 2 >/dev/null; \
	  $(RUN)/python -m benchmarks.noop --home "$$home"

bench-peers: $(READY) ## Measure other libraries beside it: DATA=DIR, 10 GB of disk, half an hour
	@$(RUN)/python -m benchmarks.peers --data "$(DATA)"

bench-scale: $(READY) ## Measure whole runs from 0.4 to 58 million rows: 16 GiB of memory, half an hour
	@$(RUN)/python -m benchmarks.scale

bench-serving: $(READY) ## Measure the server beside others: DATA=DIR (sales_orders/), half an hour
	@$(RUN)/python -m benchmarks.serving --data "$(DATA)"
	@$(RUN)/python -m benchmarks.serving_reload --data "$(DATA)"
	@$(RUN)/python -m benchmarks.serving_fuzz --data "$(DATA)"

soak: $(READY) .venv-airflow/.ready ## The long proofs: 100 million rows, 6 GB of disk; a registry under fire; minutes
	@$(RUN)/python -m benchmarks.soak
	@$(RUN)/python -m benchmarks.intervals_truth
	@$(RUN)/python -m benchmarks.registry_soak
	@$(RUN)/python -m benchmarks.serving_soak
	@$(RUN)/python -m benchmarks.warehouse_soak
	@$(RUN)/python -m benchmarks.airflow_soak

lock: $(READY) ## Solve the dependencies anew
	@$(RUN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade -q -o $(LOCK)
	@$(RUN)/uv pip compile requirements/spark.in --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade -q -o requirements/spark.txt
	@$(RUN)/uv pip compile requirements/dvc.in --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade -q -o requirements/dvc.txt
	@$(RUN)/uv pip compile requirements/airflow.in --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade -q -o requirements/airflow.lock
	@$(RUN)/uv pip compile pyproject.toml --extra postgres --extra s3 --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url -c $(LOCK) -q -o requirements/lambda.txt

clean: ## Remove what was built; data and workspace stay
	@rm -rf $(VENV) .venv-spark .venv-dvc .venv-airflow .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* .quality htmlcov dist .bench-peers
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
