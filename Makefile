# Everything runs in an environment of the project's own, made from requirements.lock.
PYTHON ?= python3
ENV := .venv
BIN := $(ENV)/bin
STAMP := $(ENV)/.installed

.PHONY: demo test lint bench clean

demo: $(STAMP)
	$(BIN)/kinlink demo

test: lint
	$(BIN)/python -m pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# make bench [SCALE=small|medium|full|huge] [DATA=FOLDER]: speed on made-up people beside Splink and
# recordlinkage; with a folder of data sets with known true pairs, quality too. See docs/performance.md
SCALE ?= small
bench: $(STAMP)
	$(BIN)/python -m benchmarks speed --scale $(SCALE) --profile --out output/bench/speed.json
	$(if $(DATA),$(BIN)/python -m benchmarks quality $(DATA) --out output/bench/quality.json)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Kinlink needs Python 3.11 or later; name one with make PYTHON=...')"
	$(PYTHON) -m venv $(ENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(STAMP)

clean:
	rm -rf $(ENV) output
