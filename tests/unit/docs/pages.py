"""What the pages say in code: command lines, recipes and Python, each with the place where it stands."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
GENERATED = {DOCS / "reference" / "commands.md", DOCS / "reference" / "recipe.md"}
PAGES = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md",
    *(page for page in sorted(DOCS.rglob("*.md")) if page not in GENERATED and page.parent.name != "decisions"),
]  # fmt: skip
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`(partsight [^`]+)`")
PROGRAM = "partsight "


@dataclass(frozen=True)
class Block:
    """A block of code of a page."""

    place: str
    language: str
    text: str


@dataclass(frozen=True)
class CommandLine:
    """A command of the program as a page writes it."""

    place: str
    words: tuple[str, ...]
    is_whole: bool
    """Whether it could be typed as it stands; within a sentence arguments may be missing."""


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        indent = len(found["indent"])
        code = "".join(one[indent:] if one.strip() else "\n" for one in found["text"].splitlines(keepends=True))
        yield Block(f"{page.relative_to(ROOT).as_posix()}:{line}", found["language"], code)


def all_blocks(language: str) -> list[Block]:
    return [block for page in PAGES for block in blocks_of(page) if block.language == language]


def command_lines() -> list[CommandLine]:
    return [line for page in PAGES for line in (*_typed(page), *_mentioned(page))]


def _typed(page: Path) -> Iterator[CommandLine]:
    for block in blocks_of(page):
        if block.language not in ("", "console", "bash"):
            continue
        for line in block.text.replace("\\\n", " ").splitlines():
            typed = line.removeprefix("$ ")
            if typed.startswith(PROGRAM):
                yield CommandLine(block.place, words_of(typed), is_whole=True)


def _mentioned(page: Path) -> Iterator[CommandLine]:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for found in INLINE.finditer(text):
        yield CommandLine(page.relative_to(ROOT).as_posix(), words_of(found[1].replace("…", "")), is_whole=False)


def words_of(line: str) -> tuple[str, ...]:
    """Return the words after the program's name, up to a comment, a pipe or a redirection."""
    words = shlex.split(line, comments=True)[1:]
    ends = (number for number, word in enumerate(words) if word in ("|", ">", "&&", "2>"))
    return tuple(words[: next(ends, len(words))])
