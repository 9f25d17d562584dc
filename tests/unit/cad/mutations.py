"""Ways in which CAD files get damaged, on the way or on purpose."""

import re

import numpy as np


def truncated(content: bytes, generator: np.random.Generator) -> bytes:
    return content[: int(generator.integers(1, len(content)))]


def flipped(content: bytes, generator: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for place in generator.integers(0, len(content), int(generator.integers(1, 40))):
        damaged[place] ^= 1 << int(generator.integers(8))
    return bytes(damaged)


def swapped(content: bytes, generator: np.random.Generator) -> bytes:
    lines = content.split(b"\n")
    for _ in range(int(generator.integers(1, 10))):
        one, other = generator.integers(0, len(lines), 2)
        lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def huge_numbers(content: bytes, generator: np.random.Generator) -> bytes:
    numbers = list(re.finditer(rb"-?\d+\.\d*(?:E[+-]?\d+)?", content))
    chosen = {int(pick) for pick in generator.integers(0, max(len(numbers), 1), 5)}
    value = [b"1.E300", b"-9.9E30", b"1.E-300", b"1.E9"][int(generator.integers(4))]
    pieces, last = [], 0
    for number, match in enumerate(numbers):
        if number in chosen:
            pieces += [content[last : match.start()], value]
            last = match.end()
    return b"".join([*pieces, content[last:]])


def circular(content: bytes, generator: np.random.Generator) -> bytes:
    """Entities that refer to each other, or to themselves."""
    names = re.findall(rb"^#(\d+)\s*=", content, re.MULTILINE) or [b"1"]
    references = list(re.finditer(rb"#(\d+)", content))
    damaged = content
    for _ in range(3):
        match = references[int(generator.integers(len(references)))] if references else None
        target = names[int(generator.integers(len(names)))]
        if match:
            damaged = damaged.replace(match.group(0) + b",", b"#" + target + b",", 2)
    return damaged


def doubled(content: bytes, generator: np.random.Generator) -> bytes:
    start = int(generator.integers(len(content)))
    piece = content[start : start + int(generator.integers(10, 4000))]
    return content[:start] + piece * int(generator.integers(2, 30)) + content[start:]


KINDS = (truncated, flipped, swapped, huge_numbers, circular, doubled)


def mutated(content: bytes, generator: np.random.Generator) -> tuple[str, bytes]:
    """Return the name of the damage and the damaged file."""
    damage = KINDS[int(generator.integers(len(KINDS)))]
    return damage.__name__, damage(content, generator)
