"""What a STEP file tells people beside shapes: part numbers, layers, saved views, dimensions and notes; read as text."""

import re
from collections.abc import Iterator, Sequence

from partsight.cad.readers.encodings import without_escapes

Row = tuple[str, str]
"""Title and text, for the health report."""
SHOWN = 10
_STRING = rb"'((?:[^']|'')*)'"
_ENTITY = re.compile(
    rb"#(\d+)\s*=\s*(PRODUCT|PRESENTATION_LAYER_ASSIGNMENT|CAMERA_MODEL_D3\w*|TEXT_LITERAL\w*)\s*\(\s*"
    + _STRING
    + rb"(?:\s*,\s*"
    + _STRING
    + rb")?"
)
_COUNTED = {
    "dimension(s)": re.compile(rb"=\s*\(?\s*(?:DIMENSIONAL|ANGULAR)_(?:SIZE|LOCATION)\w*\s*\("),
    "tolerance(s)": re.compile(rb"=\s*\(?\s*\w+_TOLERANCE\s*\("),
    "datum(s)": re.compile(rb"=\s*DATUM\s*\("),
}
_HIDDEN = re.compile(rb"=\s*INVISIBILITY\s*\(\s*\(([^)]*)\)")


def step_notes(content: bytes) -> tuple[Row, ...]:
    """Return what the text of a STEP file, in UTF-8, tells; rows without content are left out."""
    found = [
        (number, kind.decode(), _text(first), _text(second)) for number, kind, first, second in _ENTITY.findall(content)
    ]
    hidden = {number.strip(b" #\r\n") for group in _HIDDEN.findall(content) for number in group.split(b",")}
    products = [
        f"{first} ({second})" for _, kind, first, second in found if kind == "PRODUCT" and second not in {"", first}
    ]
    layers = [
        f"{first or second}{' (off)' if number in hidden else ''}"
        for number, kind, first, second in found
        if kind == "PRESENTATION_LAYER_ASSIGNMENT"
    ]
    views = [first or "unnamed" for _, kind, first, _ in found if kind.startswith("CAMERA_MODEL")]
    texts = [second or first for _, kind, first, second in found if kind.startswith("TEXT_LITERAL")]
    rows = (
        ("Part numbers", _listed(products)),
        ("Layers", _listed(layers)),
        ("Saved views", _listed(views)),
        ("Dimensions and notes", ", ".join((*_counted(content), *_quoted(texts)))),
    )
    return tuple((title, text) for title, text in rows if text)


def _text(raw: bytes) -> str:
    """Return a string of the file; long ones are broken over lines."""
    plain = raw.decode("utf-8", errors="replace").replace("''", "'")
    return without_escapes(re.sub(r"[\r\n]", "", plain)).strip()


def _listed(names: Sequence[str]) -> str:
    different = list(dict.fromkeys(names))
    more = f" and {len(different) - SHOWN} more" if len(different) > SHOWN else ""
    return ", ".join(different[:SHOWN]) + more


def _counted(content: bytes) -> Iterator[str]:
    counts = {name: len(pattern.findall(content)) for name, pattern in _COUNTED.items()}
    yield from (f"{count} {name}" for name, count in counts.items() if count)


def _quoted(texts: Sequence[str]) -> Iterator[str]:
    if texts:
        yield f"“{_listed(texts)}”"
