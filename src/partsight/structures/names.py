"""Names of classes, sessions and files: one line of plain text, because they travel through lists with a name a line, through pages,
terminals and file systems."""

import re

LONGEST_NAME = 200
"""Characters of the longest name of a class."""
_UNSEEN = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff"
"""What starts a line, steers a terminal, turns the direction of writing, or stands for a byte that is no text."""
_UNSEEN_SIGN = re.compile(f"[{_UNSEEN}]")
_FOREIGN = re.compile(f'[\\\\/:*?"<>|{_UNSEEN}]+')
"""What some file system refuses in a name."""
_TAG = re.compile(r"<[A-Za-z/!?]")


def name_fault(name: str) -> str | None:
    """Say what keeps a text from being the name of a class; None if nothing does.

    A line break would shift the number of every class after it wherever names stand one a line.
    """
    if not name.strip():
        return "is empty"
    if len(name) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} characters"
    if not is_one_line(name):
        return "holds a line break or another control character"
    if name != " ".join(name.split()):
        return "begins or ends with a blank, or holds other blanks than single spaces"
    return "holds markup" if _TAG.search(name) else None


def is_one_line(text: str) -> bool:
    """Tell whether a text holds no line break and no other control character."""
    return not _UNSEEN_SIGN.search(text)


def one_line(text: str) -> str:
    """Return a text with single spaces in place of line breaks, other blanks and control characters."""
    return " ".join(_UNSEEN_SIGN.sub(" ", text).split())


def as_class_name(text: str) -> str:
    """Return the nearest name of a class to a text, such as the name of a file."""
    return _TAG.sub(lambda found: found[0].replace("<", "("), one_line(text))[:LONGEST_NAME].strip() or "part"


def shown_line(text: str) -> str:
    """Return a text with its control characters written out (`\\x1b`), line breaks and tabs left as they are."""
    return _UNSEEN_SIGN.sub(lambda found: found[0] if found[0] in "\n\t" else ascii(found[0])[1:-1], text)


def is_folder_name(name: str) -> bool:
    """Tell whether every file system takes a name for a folder."""
    return bool(name) and not _FOREIGN.search(name) and name.strip(". ") == name


def as_file_stem(name: str) -> str:
    """Return the nearest name to it that every file system takes for a file."""
    return _FOREIGN.sub("_", name).strip(". ") or "picture"
