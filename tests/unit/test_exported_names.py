"""What `import partsight` offers: one list, every name in it importable, documented and light."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import partsight

SOURCE = Path(partsight.__file__).read_text(encoding="utf-8")
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "python.md"
NAMES = [name for name in partsight.__all__ if name != "__version__"]


def test_dir_shows_the_public_names_and_nothing_else():
    assert dir(partsight) == sorted(partsight.__all__)


def test_nothing_imported_for_our_own_use_can_be_taken_for_public():
    leaked = [name for name in vars(partsight) if not name.startswith("_") and name not in partsight.__all__]
    submodules = {name for name in leaked if inspect.ismodule(vars(partsight)[name])}
    assert set(leaked) == submodules
    assert all(vars(partsight)[name].__name__.startswith("partsight.") for name in submodules)


def test_each_name_is_listed_once_and_type_checkers_read_the_same_list():
    imports = [node for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.ImportFrom)]
    typed = {alias.asname: node.module for node in imports for alias in node.names if node.module != "importlib"}
    assert len(set(partsight.__all__)) == len(partsight.__all__)
    assert typed == {name: f"partsight.{partsight._HOMES[name]}" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_can_be_imported_where_it_says_and_is_documented(name):
    found = getattr(partsight, name)
    assert found.__name__ == name
    assert found.__module__ == f"partsight.{partsight._HOMES[name]}"
    assert inspect.getdoc(found)
    assert f"`{name}" in GUIDE.read_text(encoding="utf-8")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Renders'"):
        _ = partsight.Renders


def test_import_loads_no_library_and_takes_no_time():
    code = (
        "import sys, time; start = time.perf_counter(); before = set(sys.modules); import partsight; dir(partsight);"
        "print(time.perf_counter() - start); print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, loaded = result.stdout.splitlines()
    assert set(loaded.split()) - set(sys.stdlib_module_names) == {"partsight"}
    assert float(seconds) < 0.5
