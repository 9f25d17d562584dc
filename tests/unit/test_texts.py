"""Texts of somebody else ask for no more time and memory than their size allows."""

import time
import tracemalloc

import pytest

from partsight.config.recipe import Recipe
from partsight.errors import DatasetError, RecipeError, StorageError
from partsight.files import read_json
from partsight.labels.formats.xml_files import parse_xml as parse_label_xml
from partsight.labels.formats.xml_files import root_tag
from partsight.labels.formats.yolo.names import names_from_yaml
from partsight.texts import MalformedText, parse_json, parse_toml, parse_xml, parse_yaml

ALIASES = "a: &a [x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
ENTITIES = (
    "<!DOCTYPE r [<!ENTITY e0 'lol'>" + "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10)) + "]>"
)
LONG_ENTITY = f"<!DOCTYPE r [<!ENTITY a '{'x' * 9999}'>]><r>" + "<b c='&a;&a;&a;'/>" * 9999 + "</r>"
BOMBS = {
    "json, brackets in brackets": (parse_json, "[" * 1_000_000),
    "json, objects in objects": (parse_json, '{"a":' * 200_000),
    "json, a number of a million digits": (parse_json, "9" * 1_000_000),
    "toml, brackets in brackets": (parse_toml, f"a = {'[' * 100_000}"),
    "toml, tables in tables": (parse_toml, "a = " + "{a = " * 10_000),
    "toml, a key of dots": (parse_toml, f"{'.'.join('a' * 20_000)} = 1"),
    "toml, a heading of dots": (parse_toml, f"[{'.'.join('a' * 20_000)}]"),
    "toml, a number of a million digits": (parse_toml, f"a = {'9' * 900_000}"),
    "toml, too large": (parse_toml, "a = 1\n" + "#" * 1_000_000),
    "yaml, aliases of aliases": (parse_yaml, ALIASES),
    "yaml, merged aliases": (parse_yaml, "a: &a {x: 1}\nb: {<<: [*a, *a]}"),
    "yaml, brackets in brackets": (parse_yaml, "[" * 100_000),
    "yaml, a number of base 60": (parse_yaml, f"a: {':'.join(['59'] * 300_000)}"),
    "yaml, too large": (parse_yaml, "names:\n" + "- abc\n" * 400_000),
    "xml, entities in a text": (parse_xml, f"{ENTITIES}<r a='&e9;'/>".encode()),
    "xml, entities in attributes": (parse_xml, LONG_ENTITY.encode()),
    "xml, elements in elements": (parse_xml, b"<a>" * 200_000),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_a_second_and_a_little_memory(name):
    parse, text = BOMBS[name]
    tracemalloc.start()
    started = time.process_time()
    try:
        with pytest.raises(MalformedText):
            parse(text)
        assert time.process_time() - started < 1
        assert tracemalloc.get_traced_memory()[1] < 200e6
    finally:
        tracemalloc.stop()


def test_xml_says_nothing_of_files_beside_it(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    text = f"<!DOCTYPE r [<!ENTITY f SYSTEM 'file://{secret}'>]><r>&f;</r>"
    assert "secret" not in "".join(parse_xml(text.encode()).itertext())


def test_what_is_read_is_what_was_written():
    assert parse_json(b'{"a": [1, "\xc3\xa4"]}') == {"a": [1, "ä"]}
    assert parse_toml('a.b = "x.y.z"\n[c]\nd = 1') == {"a": {"b": "x.y.z"}, "c": {"d": 1}}
    assert parse_yaml("names: {0: a, 1: 'b'}\n") == {"names": {0: "a", 1: "b"}}
    assert parse_xml(b"<a><!-- no --><b c='1'/></a>")[0].get("c") == "1"


@pytest.mark.parametrize(
    ("name", "text", "read", "error"),
    [
        ("data.yaml", ALIASES, names_from_yaml, DatasetError),
        ("a.xml", "<a>" * 5000, parse_label_xml, DatasetError),
        ("a.json", "[" * 100_000, read_json, StorageError),
        ("recipe.toml", f"a = {'[' * 10_000}", Recipe.read, RecipeError),
        ("recipe.toml", f"a = {'9' * 5000}", Recipe.read, RecipeError),
    ],
)
def test_where_such_a_text_is_read_the_error_names_the_file(tmp_path, name, text, read, error):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(error, match=name):
        read(path)


def test_the_kind_of_an_xml_bomb_is_not_known(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(f"{ENTITIES}<r a='&e9;'/>")
    assert root_tag(path) == ""


@pytest.mark.parametrize(
    "setting", ["a" + ".a" * 5000 + "=1", '"a"' + ".a" * 5000 + "=1", f"render.count={'[' * 5000}"]
)
def test_a_setting_with_a_bomb_is_refused(tmp_path, setting):
    path = tmp_path / "recipe.toml"
    path.write_text('[parts.A]\nfiles = ["a"]\n')
    with pytest.raises(RecipeError):
        Recipe.read(path, [setting])
