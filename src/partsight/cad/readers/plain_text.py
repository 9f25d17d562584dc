"""Text files whose first bytes say how they are encoded: readers that stumble over those get a copy without."""

from pathlib import Path

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def has_mark(path: Path) -> bool:
    """Return whether a file begins with a byte order mark."""
    with path.open("rb") as file:
        start = file.read(3)
    return any(start.startswith(mark) for mark, _ in _MARKS)


def without_mark(content: bytes) -> bytes:
    """Return text in UTF-8 without a byte order mark; other content as it is. Raises UnicodeDecodeError."""
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    return content if encoding is None else content.decode(encoding).encode()


def unmarked(path: Path, folder: Path) -> Path:
    """Return the file, or a copy of it in a folder, without a byte order mark."""
    if not has_mark(path):
        return path
    target = folder / path.name
    target.write_bytes(without_mark(path.read_bytes()))
    return target
