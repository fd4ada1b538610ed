# Everything is installed into .venv; each target sets up what it needs.
PYTHON ?= python3
SIZE ?= small
CONFIG ?= zh
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(BIN)/python

.PHONY: train package test stress slow lint docs docs-serve clean

train: .venv/project
	$(RUN) -m spacy project run train . --vars.config $(CONFIG) --vars.size $(SIZE)

package: .venv/project
	$(RUN) -m spacy project run package . --vars.config $(CONFIG) --vars.size $(SIZE)

test: .venv/test
	$(RUN) -m pytest

# Prints what it measures.
stress: .venv/test
	$(RUN) -m pytest -m stress -s

# The blocks of the documentation that take minutes.
slow: .venv/test
	$(RUN) -m pytest -m slow

lint: .venv/test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

# The site goes to build/site.
docs: .venv/docs .venv/test
	$(RUN) docs/scripts/pictures.py
	$(RUN) -m mkdocs build

docs-serve: .venv/docs .venv/test
	$(RUN) -m mkdocs serve

clean:
	rm -rf .venv dist build *.egg-info

.venv/%: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --editable ".[$*]" --constraint constraints.txt
	touch $@
