# Everything a change must pass: `just check`.

check: lint types contracts site test

lint:
    ruff check .
    ruff format --check .

types:
    mypy

contracts:
    lint-imports

# All tests, two files at a time; files with long tests first, so that none of them is left to run alone at the end.
test:
    pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder --max-worker-restart=0

# Quick tests only: no training, no browser.
quick:
    pytest -m "not slow and not browser"

# The documentation as a site, in site/: no network is needed. A broken link is an error.
site:
    zensical build --strict

# Look at the documentation in a browser while writing it.
serve:
    zensical serve

# Rewrite the pages that follow from code and files: recipe, commands, errors, list of decisions.
docs:
    python tools/write_reference.py

# Pin the versions of today that fit pyproject.toml, for every platform; run the tests with them before you commit.
lock:
    printf '# The versions that CI installs and tests with (docs/how-to/install.md). Made from pyproject.toml by: just lock\n' > requirements.lock
    uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-annotate --no-header --no-emit-index-url \
        --no-emit-find-links >> requirements.lock

# Rewrite the golden pictures after a deliberate change; look at the differences before committing.
regenerate:
    pytest tests/golden --regenerate
