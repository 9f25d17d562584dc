"""What each key of a recipe means: its default, what it may be, and the page that explains it; from the sections themselves."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args, get_origin

from partsight.config.content import key_parts, value_of
from partsight.config.presets import PRESETS, read_preset
from partsight.config.recipe import Recipe
from partsight.config.renamed import DROPPED, RENAMED
from partsight.config.section import Section
from partsight.errors import RecipeError

PAGES = {
    "budget": "reference/budget", "parts": "reference/cad", "cad": "reference/cad", "randomize": "reference/randomize",
    "render": "reference/render", "annotate": "reference/annotate", "photos": "reference/photos",
    "dataset": "reference/dataset", "train": "reference/train", "track": "reference/train", "verify": "reference/verify",
    "evaluate": "reference/evaluate", "report": "reference/report", "sweep": "reference/sweep", "cluster": "reference/sweep",
    "live": "reference/deploy",
}  # fmt: skip
"""The page in `docs/` that explains a section."""
_Schema: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """One key of a recipe, or a section with the keys in it."""

    key: str
    meaning: str
    pages: tuple[str, ...]
    """Where it is explained, below the project's folder."""
    default: str = ""
    """As TOML; empty where a key must be given, and for sections."""
    allowed: str = ""
    """What it may be, in words; empty for sections."""
    presets: tuple[tuple[str, str], ...] = ()
    """Presets that set it, with what they set."""
    inner: tuple[tuple[str, str], ...] = ()
    """Keys of a section, each with the first sentence of its meaning."""


def explain_key(key: str) -> KeyFacts:
    """Return what a dotted key means; an empty one is the whole recipe. Raises RecipeError for one that does not exist."""
    key = _current(key)
    section: type[Section] = Recipe
    parts = key_parts(key) if key else ()
    is_name = False
    for number, part in enumerate(parts):
        if is_name:
            is_name = False
            continue
        _check_known(section, part, ".".join(parts[:number]))
        below = section_of(section.model_fields[part].annotation)
        if below is None:
            return _key_facts(section, part, key, is_last=number == len(parts) - 1)
        is_name, section = is_table(section.model_fields[part].annotation), below
    return _section_facts(section, key)


def section_of(annotation: Any) -> type[Section] | None:
    """Return the section of a key, or that of a table's values; one among several kinds of values is part of the key."""
    candidate = get_args(annotation)[1] if is_table(annotation) else annotation
    return candidate if isinstance(candidate, type) and issubclass(candidate, Section) else None


def is_table(annotation: Any) -> bool:
    """Return whether a key holds values by names that the user chooses."""
    return get_origin(annotation) is dict


def default_of(section: type[Section], name: str) -> str:
    """Return the default of a key as TOML; empty where it must be given."""
    field = section.model_fields[name]
    return "" if field.is_required() else as_toml(field.get_default(call_default_factory=True))


def as_toml(value: Any) -> str:
    """Return a value as it is written in a recipe; nothing is a dash."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {as_toml(item)}" for name, item in value.items()) + "}"
    return "–" if value is None else f'"{value}"' if isinstance(value, str) else str(value)


def _current(key: str) -> str:
    """Return a key under its name in this version. Raises RecipeError for one that is gone."""
    if key in DROPPED:
        raise RecipeError(f"{key} is gone: {DROPPED[key]}")
    return RENAMED.get(key, key)


def _check_known(section: type[Section], name: str, above: str) -> None:
    if name in section.model_fields:
        return
    known = list(section.model_fields)
    close = difflib.get_close_matches(name, known, n=1)
    told = f"Did you mean '{close[0]}'?" if close else f"Known keys: {', '.join(known)}"
    raise RecipeError(f"{f'{above}.' if above else ''}{name}: no such key in a recipe. {told}")


def _key_facts(section: type[Section], name: str, key: str, *, is_last: bool) -> KeyFacts:
    if not is_last and not is_table(section.model_fields[name].annotation):
        raise RecipeError(f"{key}: {name} is a value, not a section, and has no keys below it")
    schema = section.model_json_schema()
    set_by = ((preset, value_of(read_preset(preset).content, key)) for preset in PRESETS)
    return KeyFacts(
        key,
        _meaning(section, name),
        _pages(key),
        default_of(section, name),
        _in_words(schema["properties"][name], schema.get("$defs", {})),
        tuple((preset, as_toml(value)) for preset, value in set_by if value is not None),
    )


def _section_facts(section: type[Section], key: str) -> KeyFacts:
    inner = tuple((name, _first_sentence(section, name)) for name in section.model_fields)
    return KeyFacts(key, " ".join((section.__doc__ or "").split("\n\n")[0].split()), _pages(key), inner=inner)


def _first_sentence(section: type[Section], name: str) -> str:
    below = section_of(section.model_fields[name].annotation)
    text = _meaning(section, name) or " ".join(((below and below.__doc__) or "").split())
    return f"{text.split('. ')[0].rstrip('.')}."


def _meaning(section: type[Section], name: str) -> str:
    return " ".join((section.model_fields[name].description or "").split())


def _pages(key: str) -> tuple[str, ...]:
    page = PAGES.get(key.partition(".")[0])
    return ("docs/reference/recipe.md", *((f"docs/{page}.md",) if page else ()))


def _in_words(schema: _Schema, known: _Schema) -> str:
    """Return what a value may be, from its JSON schema."""
    if "$ref" in schema:
        return _in_words(known[schema["$ref"].rpartition("/")[2]], known)
    if "anyOf" in schema:
        return ", or ".join(_in_words(one, known) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " or ".join(f'"{one}"' for one in schema.get("enum", [schema.get("const")]))
    words = {"array": _list_in_words, "object": _table_in_words}.get(schema.get("type", ""))
    return words(schema, known) if words else _scalar_in_words(schema)


def _scalar_in_words(schema: _Schema) -> str:
    kinds = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "null": "nothing"}
    kind = kinds.get(schema.get("type", ""), "a path" if schema.get("format") == "path" else "text")
    limits = {
        "minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below",
        "multipleOf": "a multiple of", "pattern": "matching", "maxLength": "of a length up to",
    }  # fmt: skip
    told = [f"{words} {schema[name]}" for name, words in limits.items() if name in schema]
    return ", ".join([kind, *told])


def _list_in_words(schema: _Schema, known: _Schema) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_in_words(one, known) for one in schema['prefixItems'])}]"
    return f"a list of: {_in_words(schema.get('items', {}), known)}"


def _table_in_words(schema: _Schema, known: _Schema) -> str:
    if "properties" in schema:
        inner = ", ".join(f"{name} = {_in_words(one, known)}" for name, one in schema["properties"].items())
        return f"a table: {{ {inner} }}"
    names = f" ({_in_words(schema['propertyNames'], known)})" if "propertyNames" in schema else ""
    return f"a table of names{names}, each with: {_in_words(schema.get('additionalProperties', {}), known)}"
