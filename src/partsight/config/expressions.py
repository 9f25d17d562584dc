"""Regular expressions of users and recipes, run by an engine whose time grows with the text alone.

Python's own engine tries out every way to match: `(a+)+$` takes years for a name of forty letters. RE2 has no look-around and no
references to groups, and needs neither.
"""

import functools
from typing import Any

_BYTES_OF_NAMES = {0xDC00 + byte: 0xF700 + byte for byte in range(0x80, 0x100)}
"""File names that are no text hold surrogates, which RE2 refuses: signs for private use stand for them, one for one."""
LONGEST = 1000
"""Characters of the longest expression."""


def check_expression(expression: str) -> str:
    """Return an expression that has a group. Raises ValueError saying what is wrong with it."""
    if len(expression) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    if _compiled(expression).groups == 0:
        raise ValueError("needs a group in parentheses: what it matches names the session")
    return expression


def find_groups(expression: str, text: str) -> tuple[str, ...] | None:
    """Return what the groups of a checked expression match in a text, empty ones included; None where it does not match."""
    found = _compiled(expression).search(text.translate(_BYTES_OF_NAMES))
    if found is None:
        return None
    spans = (found.span(group) for group in range(1, found.re.groups + 1))
    return tuple("" if start < 0 else text[start:end] for start, end in spans)


@functools.lru_cache(maxsize=8)
def _compiled(expression: str) -> Any:
    import re2

    options = re2.Options()
    options.dot_nl = True  # a folder's name may hold a line break
    options.log_errors = False
    try:
        return re2.compile(expression.translate(_BYTES_OF_NAMES), options)
    except (re2.error, UnicodeEncodeError) as error:
        told = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"not a regular expression, or one that looks around or back ({told})") from error
