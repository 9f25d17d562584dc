"""Keys that pages, examples and messages name are keys of the recipe."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from partsight.config.recipe import Recipe
from partsight.config.section import Section

ROOT = Path(__file__).resolve().parents[3]
SECTIONS = [name for name, field in Recipe.model_fields.items() if isinstance(field.annotation, type)]
SECTIONS = [name for name in SECTIONS if issubclass(Recipe.model_fields[name].annotation, Section)]
KEY = re.compile(rf"(?<![\w./]){'(?:' + '|'.join(SECTIONS) + ')'}(?:\.[a-z_0-9]+)+(?![\w/(])")
PAGES = [
    page
    for page in sorted((ROOT / "docs").rglob("*.md"))
    if page.name != "commands.md" and page.parent.name != "decisions"
]
MODULES = sorted((ROOT / "src").rglob("*.py")) + sorted((ROOT / "benchmarks").glob("*.py"))
OLD = ROOT / "src" / "partsight" / "config" / "renamed.py"
FILES = ("json", "py", "toml", "md", "html", "csv", "zip", "db", "jpg", "png", "pt", "log", "txt")


def is_key(key: str) -> bool:
    if (ROOT / "src" / "partsight" / f"{key.replace('.', '/')}.py").is_file():
        return True  # a module
    section: object = Recipe
    for part in key.split("."):
        if not (isinstance(section, type) and issubclass(section, Section)):
            return True  # below a table of values
        if part not in section.model_fields:
            return False
        section = section.model_fields[part].annotation
    return True


def unknown(texts: Iterator[str]) -> list[str]:
    named = {key for text in texts for key in KEY.findall(text) if key.rpartition(".")[2] not in FILES}
    return sorted(key for key in named if not is_key(key))


def strings_of(module: Path) -> Iterator[str]:
    """Yield the texts of a module."""
    tree = ast.parse(module.read_text())
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_keys_that_exist(page):
    quoted = re.findall(r"`([^`]+)`", page.read_text())
    assert unknown(iter(quoted)) == []


def test_messages_and_settings_name_keys_that_exist():
    found = {module.name: unknown(strings_of(module)) for module in MODULES if module != OLD}
    assert {name: keys for name, keys in found.items() if keys} == {}
