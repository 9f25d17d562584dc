"""Part cards: documents that are there, names that are files on every system, and no stage made again for them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partsight.config.recipe import Recipe
from partsight.errors import RecipeError
from partsight.pipeline.delivery.part_cards import check_documents, safe_names
from partsight.pipeline.stages.cad.stage import CadStage


def recipe(folder: Path, **part):
    content = {"parts": {"QF": {"files": ["a.step"], **part}}}
    return Recipe.parse(content, base_dir=folder)


@given(st.lists(st.text(max_size=12), max_size=12))
def test_every_name_becomes_a_file_name_of_its_own(names):
    safe = safe_names(names)
    assert len({name.lower() for name in safe}) == len(names)
    assert all(
        name and set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") for name in safe
    )
    assert not any(name.startswith(".") for name in safe)


def test_documents_that_are_missing_are_all_named(tmp_path):
    (tmp_path / "there.pdf").write_text("x")
    check_documents(recipe(tmp_path, document=["there.pdf", "https://example.org/qf"]))
    with pytest.raises(RecipeError) as raised:
        check_documents(recipe(tmp_path, document=["there.pdf", "none.pdf", "ftp://example.org"]))
    assert "none.pdf" in str(raised.value)
    assert "ftp:" in str(raised.value)
    assert "there.pdf" not in str(raised.value)


def test_one_document_is_a_list_of_one_and_numbers_are_text(tmp_path):
    part = recipe(tmp_path, document="qf.pdf", details={"serial": 4711}).parts["QF"]
    assert part.document == (tmp_path / "qf.pdf",)
    assert part.details == {"serial": "4711"}


def test_cards_do_not_change_what_parts_are_made(tmp_path):
    """Editing a description, a document or a serial number must not render and train anew."""
    (tmp_path / "a.step").write_text("ISO-10303-21;")
    plain = CadStage(recipe(tmp_path)).key
    assert CadStage(recipe(tmp_path, description="d", document="qf.pdf", details={"serial": "1"})).key == plain
    assert CadStage(recipe(tmp_path, color="#ffffff")).key != plain
