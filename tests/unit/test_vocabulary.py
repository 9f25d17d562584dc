"""One word for one thing: no two modules define a public type of one name."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "partsight").rglob("*.py"))


def public_types(path: Path) -> list[str]:
    """Return the classes and type aliases that a module defines, without private ones."""
    names = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names.append(node.name)
        elif (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.annotation, ast.Name)
            and isinstance(node.target, ast.Name)
        ):
            names += [node.target.id] if node.annotation.id == "TypeAlias" else []
    return [name for name in names if not name.startswith("_")]


def test_no_two_modules_define_a_type_of_one_name():
    homes = defaultdict(list)
    for path in SOURCES:
        for name in public_types(path):
            homes[name].append(path.relative_to(ROOT).as_posix())
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_no_module_has_a_name_that_says_nothing():
    empty = {"utils", "util", "common", "helpers", "helper", "misc", "core"}
    assert not [path for path in SOURCES if empty & set(path.with_suffix("").parts)]


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in SOURCES}), ids=lambda path: path.relative_to(ROOT / "src").as_posix()
)
def test_a_room_without_rooms_in_it_holds_at_most_twelve_modules(folder):
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    has_rooms = any((path / "__init__.py").is_file() for path in folder.iterdir() if path.is_dir())
    assert has_rooms or len(modules) <= 12, f"{len(modules)} modules side by side"


def test_the_glossary_has_each_word_once_and_in_order():
    lines = (ROOT / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8").splitlines()
    words = [line.split("|")[1].strip() for line in lines if line.startswith("| ") and not line.startswith("| word")]
    assert words == sorted(set(words), key=str.lower)


BRITISH = (
    r"abelled|abelling|(?<![a-z])[Gg]rey(?=s?\b|er|ish|scale|_)|\b[Nn]eighbour|\b[Bb]ehaviour|\b[Cc]olour|\b[Cc]atalogue|"
    r"\b[Ll]icence|\b[Cc]entre\b"
)
FOREIGN = {
    "src/partsight/cad/readers/kernel.py",
    "src/partsight/config/renamed.py",
    "src/partsight/cad/readers/statements.py",
}
"""Modules that read names of units as CAD files spell them, and recipe keys of the version before."""


def test_spelling_is_american():
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()[:90]}"
        for path in SOURCES
        if path.relative_to(ROOT).as_posix() not in FOREIGN
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(BRITISH, line)
    ]
    assert found == []
