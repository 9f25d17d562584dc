"""XML files of other tools, parsed without entities, network or surprises."""

from pathlib import Path
from typing import Any

from partsight import texts
from partsight.errors import DatasetError


def parse_xml(path: Path) -> Any:
    """Return the root element. Raises DatasetError naming file and line."""
    try:
        return texts.parse_xml(path.read_bytes())
    except (texts.MalformedText, OSError) as error:
        raise DatasetError(f"{path}: not XML ({error}). Export it again.") from error


def root_tag(path: Path) -> str:
    """Return the name of the first element, whatever comes before it; empty for what is not XML to there."""
    with path.open("rb") as stream:
        return texts.first_xml_tag(stream)
