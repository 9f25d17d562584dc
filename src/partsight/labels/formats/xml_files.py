"""XML files of other tools, parsed without entities, network or surprises."""

from pathlib import Path
from typing import Any

from partsight.errors import DatasetError


def parse_xml(path: Path) -> Any:
    """Return the root element. Raises DatasetError naming file and line."""
    from lxml import etree

    try:
        return etree.fromstring(path.read_bytes(), _parser())
    except (etree.XMLSyntaxError, ValueError, OSError) as error:
        raise DatasetError(f"{path}: not XML ({error}). Export it again.") from error


def root_tag(path: Path) -> str:
    """Return the name of the first element, whatever comes before it; empty for what is not XML to there."""
    from lxml import etree

    with path.open("rb") as stream:
        events = etree.iterparse(stream, events=("start",), resolve_entities=False, no_network=True, huge_tree=True)
        try:
            return next((str(element.tag) for _, element in events), "")
        except etree.XMLSyntaxError:
            return ""


def _parser() -> Any:
    from lxml import etree

    # Masks are long attributes; entities, by which small files grow, are not resolved.
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True)
