"""Content of a recipe filled from a preset, key by key: what is stated counts more."""

from collections.abc import Mapping
from typing import Any

from partsight.config.section import Section


def filled(kind: type[Section], content: Mapping[str, Any], preset: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a section with the preset's values where it has none."""
    return {**content, **{key: _value(kind, key, content, preset) for key in preset}}


def forget_filled(section: Section, content: Mapping[str, Any], preset: Mapping[str, Any]) -> None:
    """Count values that the preset gave as not stated, so that stated ones can be told from them later."""
    for key, value in preset.items():
        if key not in content:
            section.model_fields_set.discard(key)
        elif isinstance(content[key], Mapping) and isinstance(getattr(section, key), Section):
            forget_filled(getattr(section, key), content[key], value)


def _value(kind: type[Section], key: str, content: Mapping[str, Any], preset: Mapping[str, Any]) -> Any:
    if key not in content:
        return preset[key]
    below: Any = kind.model_fields[key].annotation
    if isinstance(below, type) and issubclass(below, Section) and isinstance(content[key], Mapping):
        return filled(below, content[key], preset[key])
    return content[key]
