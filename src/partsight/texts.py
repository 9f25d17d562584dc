"""JSON, YAML, TOML and XML of somebody else, read within bounds of depth, size and expansion.

A few bytes can ask a parser for hours or gigabytes: brackets within brackets, aliases of aliases, keys with thousands of dots, numbers
with a million digits. All of that is refused here, within a second, as any other mistake in a file is.
"""

import json
import tomllib
from typing import Any

LARGEST_TOML = 1_000_000
LARGEST_YAML = 2_000_000
"""Bytes or characters; recipes and lists of names have a few thousand."""
DEEPEST_KEY = 50
"""Dots in a key: the parser's time grows with their square."""
_LONGEST_PLAIN = 1000
"""Characters of a YAML value without quotes, which might be a number of base 60: time grows with the square."""


class MalformedText(ValueError):  # noqa: N818  # a malformed text is what callers speak of
    """A text that is not what it should be, or that asks for more than its size allows."""


def parse_json(content: str | bytes) -> Any:
    """Return what a JSON text says. Raises MalformedText."""
    try:
        return json.loads(content)
    except RecursionError as error:
        raise MalformedText("nested deeper than any list of ours") from error
    except ValueError as error:
        raise MalformedText(str(error)) from error


def parse_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text says. Raises MalformedText."""
    if len(text) > LARGEST_TOML:
        raise MalformedText(f"larger than {LARGEST_TOML / 1e6:g} MB")
    for number, line in enumerate(text.splitlines(), 1):
        if line.partition("=")[0].count(".") > DEEPEST_KEY:
            raise MalformedText(f"line {number}: a key with more than {DEEPEST_KEY} dots")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise MalformedText("nested deeper than any recipe") from error
    except ValueError as error:
        raise MalformedText(str(error)) from error


def parse_yaml(text: str) -> Any:
    """Return what a YAML text says; aliases, which a file can multiply without end, are not read. Raises MalformedText."""
    import yaml

    if len(text) > LARGEST_YAML:
        raise MalformedText(f"larger than {LARGEST_YAML / 1e6:g} MB")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            _check_event(event)
        return yaml.load(text, Loader=loader)  # noqa: S506  # the safe loader, in C where the library has it
    except RecursionError as error:
        raise MalformedText("nested deeper than any list of ours") from error
    except (yaml.YAMLError, ValueError) as error:
        raise MalformedText(str(error)) from error


def parse_xml(content: bytes) -> Any:
    """Return the root element of an XML text, read without entities, network and files beside it. Raises MalformedText."""
    from lxml import etree

    try:
        return etree.fromstring(content, etree.XMLParser(**_XML, remove_comments=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedText(str(error)) from error


def first_xml_tag(stream: Any) -> str:
    """Return the name of the first element of a binary stream, whatever comes before it; empty for what is not XML to there."""
    from lxml import etree

    try:
        return next((str(element.tag) for _, element in etree.iterparse(stream, events=("start",), **_XML)), "")
    except etree.XMLSyntaxError:
        return ""


_XML: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": True}
"""Masks are long attributes, hence huge; the parser limits depth and growth by entities in any case."""


def _check_event(event: Any) -> None:
    """Refuse what can grow. Raises MalformedText."""
    import yaml

    if isinstance(event, yaml.AliasEvent):
        raise MalformedText(
            f"line {event.start_mark.line + 1}: aliases (*{event.anchor}) are not read. Write the value itself"
        )
    if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and len(event.value) > _LONGEST_PLAIN:
        raise MalformedText(
            f"line {event.start_mark.line + 1}: a value of {len(event.value)} characters without quotes"
        )
