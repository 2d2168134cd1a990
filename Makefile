# The commands of the project; `make` alone lists them.
VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin
HOST_BIND ?= 127.0.0.1

.DEFAULT_GOAL := help
.PHONY: help audit install site serve test soak lock notebooks lint clean validation mutation coverage nox bench

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
	touch $@

$(VENV)/installed-test: $(VENV)/installed requirements-test.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-test.lock
	touch $@

install: $(VENV)/installed-test ## make the virtual environment, with the tools of analysts

site: $(VENV)/installed ## build and publish the site (from the sample data if there is no other)
	$(BIN)/ektp build

serve: $(VENV)/installed ## serve the published site on 127.0.0.1
	$(BIN)/ektp serve

test: $(VENV)/installed-test ## install what the tests need and pass them
	$(BIN)/python -m pytest -n 2
	$(BIN)/python -m pytest --nbval --nbval-sanitize-with tests/nbval_sanitize.cfg -o addopts= notebooks

.PHONY: test-browser
test-browser: $(VENV)/installed-test ## install Chromium and axe-core if needed, and test the pages in the browser
	@command -v chromium >/dev/null || [ -n "$$EKTP_CHROMIUM" ] || { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -qy --no-install-recommends chromium; } \
		|| { echo "Install chromium, or set EKTP_CHROMIUM to its path" >&2; exit 1; }
	@command -v npm >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -qy --no-install-recommends npm; } \
		|| { echo "Install npm: it brings axe-core" >&2; exit 1; }
	npm ci --prefix tests/browser
	$(BIN)/python -m pytest -o addopts= -q tests/browser

notebooks: $(VENV)/installed-test ## renew the outputs of the committed notebooks
	$(BIN)/ektp notebooks

soak: $(VENV)/installed-test ## 200 random faults on a site in miniature (about half an hour); renews docs/soak.md
	$(BIN)/python -m tests.soak --faults 200 --report docs/soak.md

.PHONY: disclosure
disclosure: $(VENV)/installed-test ## what two editions of ten small kabupaten tell of hidden counts (about ten minutes)
	$(BIN)/python benchmarks/disclosure.py

validation: $(VENV)/installed ## hold every estimator against known truth (docs/validation.md)
	$(BIN)/python benchmarks/validation.py

lint: $(VENV)/installed-test ## ruff, mypy, import-linter, codespell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

mutation: $(VENV)/installed-test ## change backlog, privacy and accounts in small ways: do the tests notice? (docs/mutation.md)
	$(BIN)/python -m pip install --quiet 'mutmut>=3.8'
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/mutmut run
	$(BIN)/mutmut results

coverage: $(VENV)/installed-test ## all tests, with lines and branches counted; fails below 90 %
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n 2
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report
	$(BIN)/python -m coverage html --quiet

nox: $(VENV)/installed-test ## quick tests on Python 3.11 to 3.14, those that are installed
	$(BIN)/python -m pip install --quiet nox
	$(BIN)/python -m nox

lock: $(VENV)/installed-test ## renew requirements.lock and requirements-test.lock
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --extra test --extra dev --constraint requirements.lock --output-file requirements-test.lock pyproject.toml

audit: $(VENV)/installed-test ## known vulnerabilities of the pinned packages (needs an advisory database)
	$(PYTHON) -m pip_audit --version >/dev/null 2>&1 || { echo "pip-audit is not installed: python -m pip install pip-audit"; exit 2; }
	$(PYTHON) -m pip_audit --strict --require-hashes --disable-pip -r requirements.lock || { echo "Vulnerabilities found, or no advisory database could be reached (see above): nothing is vouched for."; exit 1; }

clean: ## remove everything that can be made again, except the store and the editions
	rm -rf _site _generated laporan index.ipynb data_quality.ipynb .ektp

.PHONY: kills
kills: $(VENV)/installed-test ## kill an ingest at 200 random moments: the old snapshot is left or the new one
	EKTP_KILLS=200 $(BIN)/python -m pytest -n 0 -q -s tests/ingest/test_never_lost.py

.PHONY: bench-ingest
bench-ingest: $(VENV)/installed-test ## ingest of 2 and 20 million residents against bare duckdb, into benchmarks/RESULTS.md (6 GB of disk, half an hour)
	$(BIN)/python benchmarks/ingest.py --write

bench: $(VENV)/installed-test ## execution against other tools, and how it grows, into benchmarks/RESULTS.md
	$(BIN)/python benchmarks/execution.py
	$(BIN)/python benchmarks/scaling.py
