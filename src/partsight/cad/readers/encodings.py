"""Text of STEP files: its own escapes, and files whose names are written in another encoding than the standard's UTF-8.

Such files do not say which. Bytes beyond ASCII that stand alone between letters are Western; those in pairs are Chinese or Japanese,
told apart by how common the characters are that each encoding makes of them.
"""

import re
from collections.abc import Callable

_RUN = re.compile(rb"[\x80-\xff][\x40-\x7e\x80-\xff]*")
_HIGH = re.compile(rb"[\x80-\xff]+")
_LONGEST_SAMPLE = 20_000
_ESCAPE = re.compile(
    r"\\X2\\((?:[0-9A-F]{4})+)\\X0\\|\\X4\\((?:[0-9A-F]{8})+)\\X0\\|\\X\\([0-9A-F]{2})|\\S\\(.)|(\\\\)", re.IGNORECASE
)
NAMES = {
    "cp1252": "Latin-1", "cp1251": "Cyrillic (Windows-1251)", "gb18030": "Chinese (GBK)", "cp932": "Japanese (Shift-JIS)",
}  # fmt: skip
"""What a person calls an encoding."""


def as_utf8(content: bytes) -> tuple[bytes, str | None]:
    """Return a STEP file's content in UTF-8, and the encoding that was guessed; None where there was nothing to guess."""
    if content.isascii():
        return content, None
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        encoding = guess_encoding(content)
        return content.decode(encoding, errors="replace").encode(), encoding
    return content, None


def guess_encoding(content: bytes) -> str:
    """Return the likeliest encoding of text that is not UTF-8: a key of `NAMES`."""
    runs = _HIGH.findall(content)[:_LONGEST_SAMPLE]
    total = b"".join(runs)
    if sum(byte >= 0xA0 for byte in total) > 0.95 * len(
        total
    ):  # below are signs that no name has, and half of Shift-JIS
        if sum(len(run) == 1 for run in runs) > 0.5 * len(runs):
            return "cp1252"
        if sum(byte >= 0xC0 or byte in b"\xa8\xb8" for byte in total) > 0.95 * len(total):
            return "cp1251"
    sample = b"\n".join(_RUN.findall(content)[:_LONGEST_SAMPLE])
    scores = {encoding: _share(sample, encoding, is_common) for encoding, is_common in _COMMON.items()}
    best = max(scores, key=lambda encoding: scores[encoding])
    return best if scores[best] > 0.3 else "cp1252"


def _share(sample: bytes, encoding: str, is_common: Callable[[str], bool]) -> float:
    """Return the share of common characters among those beyond ASCII, 0 where the bytes are none of this encoding."""
    try:
        text = [character for character in sample.decode(encoding) if ord(character) > 0x7F]
    except UnicodeDecodeError:
        return 0.0
    return sum(map(is_common, text)) / max(1, len(text))


def _is_common_chinese(character: str) -> bool:
    """Chinese characters of the first level of GB 2312, and full-width signs."""
    encoded = character.encode("gb18030")
    return len(encoded) == 2 and (0xB0 <= encoded[0] <= 0xD7 or encoded[0] in {0xA1, 0xA3}) and encoded[1] >= 0xA1


def _is_common_japanese(character: str) -> bool:
    """Kana, full-width signs and the characters of the first level of JIS X 0208."""
    encoded = character.encode("cp932", errors="replace")
    return len(encoded) == 2 and (0x81 <= encoded[0] <= 0x83 or 0x88 <= encoded[0] <= 0x97)


_COMMON = {"gb18030": _is_common_chinese, "cp932": _is_common_japanese}


def without_escapes(text: str) -> str:
    r"""Return text with the escapes of ISO 10303-21 resolved: \X2\00E4\X0\, \X4\…, \X\E4, \S\d and doubled backslashes."""
    return _ESCAPE.sub(_resolved, text)


def _resolved(match: re.Match[str]) -> str:
    two_bytes, four_bytes, one_byte, shifted, _ = match.groups()
    if two_bytes:
        return bytes.fromhex(two_bytes).decode("utf-16-be", errors="replace")
    if four_bytes:
        return bytes.fromhex(four_bytes).decode("utf-32-be", errors="replace")
    if one_byte:
        return chr(int(one_byte, 16))
    return chr(ord(shifted) + 128) if shifted else "\\"
