"""Every key of a recipe can be explained from the sections alone."""

from collections.abc import Iterator
from pathlib import Path

from partsight.config.recipe import Recipe
from partsight.config.reference import PAGES, explain_key, is_table, section_of
from partsight.config.section import Section

DOCS = Path(__file__).resolve().parents[3] / "docs"


def keys_of(section: type[Section], above: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        below = section_of(field.annotation)
        yield f"{above}{name}"
        if below is not None:
            yield from keys_of(below, f"{above}{name}.{'any.' if is_table(field.annotation) else ''}")


def test_every_key_has_a_meaning_and_what_it_may_be():
    keys = list(keys_of(Recipe))
    facts = [explain_key(key) for key in keys]
    assert len(keys) > 150
    assert [fact.key for fact in facts if not fact.meaning] == []
    assert [fact.key for fact in facts if not fact.allowed and not fact.inner] == []


def test_every_section_has_a_page_that_stands():
    sections = [name for name, field in Recipe.model_fields.items() if section_of(field.annotation) is not None]
    assert sorted(PAGES) == sorted(sections)
    assert [page for page in PAGES.values() if not (DOCS / f"{page}.md").is_file()] == []
