"""XML files of other tools, parsed without entities, network or surprises."""

from pathlib import Path
from typing import Any

from partsight.errors import DatasetError


def parse_xml(path: Path) -> Any:
    """Return the root element. Raises DatasetError naming file and line."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(path.read_bytes(), parser)
    except etree.XMLSyntaxError as error:
        raise DatasetError(f"{path}: not XML ({error}). Export it again.") from error
