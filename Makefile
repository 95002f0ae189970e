# Everything a fresh machine needs is installed into .venv and var/tools, inside this directory.
.POSIX:
.SUFFIXES:

# Modules are compiled once and kept, whatever is said of other programs: compiling is most of a start.
RUN = env PYTHONDONTWRITEBYTECODE= .venv/bin
STAMP = .venv/synchronised

help:
	@echo 'make demo        a running library system for all of Denmark in miniature; Ctrl-C stops it'
	@echo 'make demo-reset  the same, started over with new data'
	@echo 'make test        every check and every test'
	@echo 'make check       style, types, the floors of the house, migrations'
	@echo 'make bench       what an operation costs, beside bare SQL'
	@echo 'make simulate    a week of holds and a year of money and notices, in a hurry'
	@echo 'make lock        requirements.lock from pyproject.toml'

demo: $(STAMP)
	@$(RUN)/faelles demo

demo-reset: $(STAMP)
	@$(RUN)/faelles demo --reset

# The types take one core as long as an eighth of the tests: they are read beside them.
test: style floors migrations
	@tools/browser
	@tools/xmlsec
	@$(MAKE) -j 2 types tests

# One more than there are cores: who waits for a browser, a clock or a killed server leaves a core to another.
tests: $(STAMP)
	$(RUN)/pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 4 --dist worksteal

check: $(STAMP)
	@$(MAKE) -j 2 types style floors migrations

types: $(STAMP)
	$(RUN)/mypy

style: $(STAMP)
	$(RUN)/ruff check
	$(RUN)/ruff format --check

floors: $(STAMP)
	$(RUN)/lint-imports

migrations: $(STAMP)
	$(RUN)/squawk src/faelles/ground/migrations/0*.sql

bench: $(STAMP)
	$(RUN)/faelles bench

simulate: $(STAMP)
	$(RUN)/faelles simulate week
	$(RUN)/faelles simulate year

lock:
	@tools/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
		--group dev --group build pyproject.toml --output-file requirements.lock

$(STAMP): requirements.lock pyproject.toml tools/install tools/uv
	@tools/install
	@touch $(STAMP)

.PHONY: help demo demo-reset test tests check types style floors migrations bench simulate lock
