"""Recipes and Python of the pages are what the program takes."""

import ast
import importlib
import tomllib

import pytest

from partsight.config.recipe import Recipe
from tests.unit.docs.pages import all_blocks

RECIPES, SNIPPETS = all_blocks("toml"), all_blocks("python")
LEAST = {"parts": {"QF": {"files": ["QF.step"]}}}


@pytest.mark.parametrize("block", RECIPES, ids=lambda block: block.place)
def test_a_recipe_that_a_page_shows_is_taken(block, tmp_path):
    assert Recipe.parse(LEAST | tomllib.loads(block.text), base_dir=tmp_path)


@pytest.mark.parametrize("block", SNIPPETS, ids=lambda block: block.place)
def test_names_that_a_snippet_imports_exist(block):
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("partsight"):
            module = importlib.import_module(node.module)
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "partsight":
            assert hasattr(importlib.import_module("partsight"), node.attr)


def test_there_are_recipes_and_snippets():
    assert len(RECIPES) > 20
    assert len(SNIPPETS) > 5
