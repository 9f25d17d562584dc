"""What an exact CAD file says of itself, and why one cannot be used; read as text, without the kernel."""

import re
from pathlib import Path

from partsight.cad.readers.companions import find_companions

_SCHEMAS = (
    (b"CONFIG_CONTROL_DESIGN", "STEP AP203"),
    (b"AP203", "STEP AP203"),
    (b"AUTOMOTIVE_DESIGN", "STEP AP214"),
    (b"AP242", "STEP AP242"),
)


def why_unread(path: Path, kind: str) -> str:
    """Say why the kernel refused a file, and what to do."""
    content = path.read_bytes()
    if kind == "STEP" and b"ISO-10303-21" not in content[:1000]:
        return f"not a STEP file (it begins with {content[:16]!r}). Export it again as STEP AP214."
    if kind == "STEP" and b"END-ISO-10303-21" not in content[-2000:]:
        return "is cut off (its last line, END-ISO-10303-21, is missing). Export or copy it again."
    return f"the CAD kernel cannot read it as {kind}. Open it in your CAD program and export it again as STEP AP214."


def why_empty(path: Path) -> str:
    """Say why the kernel found nothing to draw in a file."""
    content = path.read_bytes()
    if b"ISO-10303-21" in content[:1000] and b"END-ISO-10303-21" not in content[-2000:]:
        return why_unread(path, "STEP")
    missing = find_companions(path).missing
    if missing:
        return (
            f"holds no geometry, only references to other files, and these are not there: {', '.join(missing)}. "
            "Put them beside it, or export the assembly as one file."
        )
    return (
        "the CAD kernel finds no solid or surface in it. Open it in your CAD program and export it again as STEP AP214."
    )


def step_schema(path: Path) -> str:
    """Return the STEP application protocol that the header names, "STEP" where it names none that is known."""
    header = re.search(rb"FILE_SCHEMA\s*\((.{0,400}?)\)\s*;", path.read_bytes()[:20_000], re.DOTALL)
    found = header.group(1).upper() if header else b""
    return next((name for mark, name in _SCHEMAS if mark in found), "STEP")
