# Everything a change must pass: `just check`.

check: lint types contracts test

lint:
    ruff check .
    ruff format --check .

types:
    mypy

contracts:
    lint-imports

test:
    pytest

# Quick tests only: no training, no browser.
quick:
    pytest -m "not slow and not browser"

# Rewrite the pages made from the code: recipe and command reference.
docs:
    python tools/write_reference.py

# Rewrite the golden pictures after a deliberate change; look at the differences before committing.
regenerate:
    pytest tests/golden --regenerate
