# The front door; CI walks through it too. `make` lists the verbs.
PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/.ready
TESTS  := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q
COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes
export PYTHONDONTWRITEBYTECODE :=
export JUPYTER_PREFER_ENV_PATH := 1
SHELL  := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

report: $(READY) ## write this week's report from the bundled sample (ARGS="--data DIR --brief FILE" for yours)
	$(BIN)/nanospread report $(ARGS)

test: $(READY) lint ## check a change: lint, types, tests, and nbval over the notebooks (five minutes)
	$(TESTS) --nbval -m "not slow" $(ARGS)

slow: $(READY) ## run the tests that take over a second: whole reports, browsers, kills, many draws (fifteen minutes)
	$(TESTS) -m slow $(ARGS)

explore: $(READY) ## draw new examples for the property tests, ten times as many (some minutes; ARGS go to pytest)
	EXPLORE=$(or $(EXPLORE),10) $(BIN)/python -m pytest -n 2 --dist loadfile -q -m hypothesis tests $(ARGS)

lint: $(READY) ## check style, types and prose
	$(BIN)/ruff check -q .
	$(BIN)/ruff format -q --check .
	$(BIN)/mypy
	$(BIN)/python tools/prose.py

lab: $(READY) ## open a scratch copy of the notebooks, lab/, in JupyterLab (ARGS="--port=8890" go to it)
	$(BIN)/nanospread lab $(ARGS)

notebooks: $(READY) ## execute the notebooks again and store their outputs, after a change that moves numbers
	$(BIN)/python tools/refresh.py
	$(BIN)/python tools/examples.py

accept: $(READY) ## accept the numbers of the stored notebooks; WHY="..." (or your answer) goes into CHANGELOG.md
	$(BIN)/python tools/baseline.py accept

sample: $(READY) ## make the synthetic sample again (same seed, same bytes)
	$(BIN)/nanospread sample data/sample

lock: $(READY) ## derive requirements/ and all locks from environment.yml and tools/*.in
	$(BIN)/python tools/env2req.py
	$(COMPILE) --no-header --override tools/lock_overrides.txt requirements/*.in -o requirements.lock
	grep '^uv' requirements/test.in | $(COMPILE) --no-header --no-annotate -c requirements.lock - -o tools/bootstrap.lock
	$(COMPILE) --no-header --no-annotate -c requirements.lock tools/browser.in -o tools/browser.lock
	$(COMPILE) --no-header --no-annotate tools/audit.in -o tools/audit.lock
	awk '/^[a-z0-9]/{keep=!/^psutil==/} keep' requirements.lock | $(COMPILE) --no-header --no-annotate \
	  -c /dev/stdin tools/peers.in -o tools/peers.lock

browser: ## install Chromium for the browser tests, where this machine allows (Debian, root); then `make clean setup`
	command -v chromium || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }

screenshots: $(READY) ## take the README's pictures of the first screen again, into docs/
	$(BIN)/python tools/screenshots.py

pages: $(READY) ## measure each page of three briefs in Chromium: size, requests, first screen, accessibility (minutes)
	$(BIN)/python tools/measure_pages.py $(ARGS)

setup: $(READY) ## make the environment in .venv (the other verbs do so themselves)

$(READY): requirements.lock tools/bootstrap.lock tools/browser.lock tools/setup.sh pyproject.toml
	@PYTHON="$(PYTHON)" bash tools/setup.sh

calibration: $(READY) ## are beliefs calibrated: 1,000 data sets from the model, those of other generators, campaigns left out (hours; ARGS="--cluster local:2")
	mkdir -p build && $(BIN)/python tools/calibration.py sbc --out build/sbc.csv $(ARGS)
	$(BIN)/python tools/calibration.py robust --sets 100 $(ARGS)
	$(BIN)/python tools/calibration.py held --sets 200 $(ARGS)
	$(BIN)/python tools/calibration.py rules $(ARGS)
	$(BIN)/python tools/calibration.py staged $(ARGS)

bench: $(READY) ## measure speed, memory and exactness against their goals, into reports/bench.json (some minutes)
	@[ .venv-bench/.ready -nt tools/peers.lock ] || bash tools/peers/setup.sh || echo "The peers cannot be installed."
	$(BIN)/python tools/bench.py $(ARGS)

docs: $(READY) ## build docs/ as HTML into build/docs, and run the commands in it; a warning is an error
	@mkdir -p -m 700 build
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs
	! grep -rnE '(src=|<link[^>]*href=|@import |url\()"?https?:' build/docs --include=*.html --include=*.css
	$(BIN)/python tools/examples.py --check

sbom: $(READY) ## write the software bill of materials (CycloneDX) of requirements.lock, build/sbom.json
	$(BIN)/python tools/sbom.py

audit: $(READY) ## look up known vulnerabilities of the locked packages, where the advisories can be reached
	tools/audit.sh

wheel: $(READY) ## install the wheel into an empty environment and make the sample report there (ARGS: other Pythons)
	tools/try_wheel.sh $(ARGS)

image: ## build the container image of the lock and nanospread, tools/Containerfile, where docker or podman can
	tools/image.sh

kill: $(READY) ## kill 200 reports, sends and fetches, 100 ingests, two users taking turns, at random moments (an hour)
	KILLS=200 $(BIN)/python -m pytest -q -s tests/report/test_report_kill.py
	KILLS=100 PAIRS=20 $(BIN)/python -m pytest -q -s tests/store/test_store_kill.py
	KILLS=200 $(BIN)/python -m pytest -q -s tests/fetch/test_fetch_kill.py
	RUNS=50 $(BIN)/python -m pytest -q -s tests/report/test_archive_colleagues.py
	KILLS=200 $(BIN)/python -m pytest -q -s tests/send/test_send_kill.py
	KILLS=30 $(BIN)/python -m pytest -q -s tests/report/test_report_cluster.py -k whoever
	CLUSTER=10000000 $(BIN)/python -m pytest -q -s tests/campaign/test_streaming_cluster.py

whole: $(READY) ## take every page in Chromium, all notebooks twice and with hostile data, where `make slow` takes some
	WHOLE=1 $(BIN)/python -m pytest -q -s tests/report/test_browser.py tests/report/test_report_deterministic.py \
	  tests/report/test_report_hostile_run.py tests/lab/test_jupyterlab.py tests/campaign/test_simulation_every.py

fuzz: $(READY) ## read 100,000 damaged exports, and 50,000 with any mapping (half an hour)
	FUZZ=100000 $(BIN)/python -m pytest -q -s tests/ingest/test_fuzz_ingest.py tests/ingest/test_fuzz_mappings.py

faults: $(READY) ## fetch under 1,000 random schedules of what an API can do wrong (half an hour)
	FAULTS=$(or $(FAULTS),1000) $(BIN)/python -m pytest -q -s tests/fetch/test_fault_schedules.py

drafts: $(READY) ## measure over 600 odd exports how many drafted mappings are right, ask, or are wrong (a minute)
	DRAFTS=600 $(BIN)/python -m pytest -q -s tests/ingest/test_suggestions.py -k right_or_asks

hostile: $(READY) ## run commands in 300 random surroundings: variables, HOME, TMPDIR, umask, limits (an hour)
	SURROUNDINGS=$(or $(SURROUNDINGS),300) $(BIN)/python -m pytest -q -s tests/cli/test_surroundings.py

replicates: $(READY) ## check on a thousand synthetic sets that 80 % intervals hold 80 % (some minutes)
	REPLICATES=1000 $(BIN)/python -m pytest -q -s tests/creators/test_engagement_shape.py \
	  tests/campaign/test_recruitment.py tests/campaign/test_recruitment_ambassadors.py \
	  tests/campaign/test_streaming.py -k "replicates or intervals"

clean: ## remove the environment and what was built; reports stay
	rm -rf .venv .venv-bench .venv-audit build lib/*.egg-info .pytest_cache .mypy_cache .ruff_cache

.PHONY: help report test slow lint lab notebooks accept sample lock browser screenshots pages setup calibration bench explore docs sbom audit wheel image kill hostile whole fuzz faults drafts replicates clean
