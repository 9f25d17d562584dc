"""CAD files → parts: each file in a child process with limits on time and memory, results kept, mistakes reported together."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path

from partsight.cad.companions import find_companions
from partsight.cad.facts import PartFacts, read_facts
from partsight.cad.formats import SUFFIXES
from partsight.cad.storage import load_part
from partsight.cad.worker import EXIT_CODE, FACTS, MARKER, MEMORY_EXIT_CODE
from partsight.config.cad import CadSection, PartSection
from partsight.errors import CadError, StorageError
from partsight.files import hash_file, hash_json, write_json
from partsight.structures.part import Part

FORMAT_VERSION = 2
"""Raised whenever the same file gives another part."""


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A part and its figures."""

    part: Part
    facts: PartFacts


def read_parts(
    parts: Mapping[str, PartSection], section: CadSection, cache: Path | None = None
) -> dict[str, tuple[ReadPart, ...]]:
    """Read every file of every class, in order. Raises one CadError that lists all files that cannot be used."""
    found, problems = try_parts(parts, section, cache)
    if problems:
        lines = [f"  {problem}" for problem in problems.values()]
        raise CadError("\n".join([f"{len(problems)} CAD file(s) cannot be used:", *lines]))
    return found


def try_parts(
    parts: Mapping[str, PartSection], section: CadSection, cache: Path | None = None
) -> tuple[dict[str, tuple[ReadPart, ...]], dict[Path, CadError]]:
    """Read every file that can be read; return the parts by class, and what is wrong with the other files."""
    wanted = [(name, path, part) for name, part in parts.items() for path in part.files]
    with ThreadPoolExecutor(max_workers=min(8, cpu_count() or 1)) as executor:
        outcomes = list(executor.map(lambda job: _attempt(job[0], job[1], job[2], section, cache), wanted))
    found: dict[str, tuple[ReadPart, ...]] = dict.fromkeys(parts, ())
    problems = {}
    for (name, path, _), outcome in zip(wanted, outcomes, strict=True):
        if isinstance(outcome, CadError):
            problems[path] = outcome
        else:
            found[name] = (*found[name], *outcome)
    return found, problems


def read_file(
    name: str, path: Path, part_section: PartSection, section: CadSection, cache: Path | None = None
) -> tuple[ReadPart, ...]:
    """Read one file as the parts of a class: one, or as many as different nodes match. Raises CadError.

    With a cache folder, a file that was read with the same settings is not read again.
    """
    _check_file(path)
    if cache is None:
        with tempfile.TemporaryDirectory(prefix="partsight-cad-") as temporary:
            return _read_into(Path(temporary), name, path, part_section, section)
    folder = cache / content_key(name, path, part_section, section)
    try:
        return _load(folder)
    except StorageError:
        return _read_into(folder, name, path, part_section, section)


def content_key(name: str, path: Path, part_section: PartSection, section: CadSection) -> str:
    """Return the key of what reading a file gives: its content, that of the files it names, and the settings."""
    companions = find_companions(path)
    content = {
        "name": name,
        "file": [path.stem, path.suffix.lower(), hash_file(path)],
        "companions": {key: hash_file(companion) for key, companion in companions.found.items()},
        "missing": companions.missing,
        "part": part_section.model_dump(mode="json", exclude={"files", "description"}),
        "cad": section.model_dump(mode="json", exclude={"timeout_s", "memory_limit_gb"}),
    }
    return hash_json([FORMAT_VERSION, content])


def _attempt(
    name: str, path: Path, part_section: PartSection, section: CadSection, cache: Path | None
) -> tuple[ReadPart, ...] | CadError:
    try:
        return read_file(name, path, part_section, section, cache)
    except CadError as error:
        return error


def _check_file(path: Path) -> None:
    """Refuse what needs no kernel to be refused."""
    if not path.exists():
        raise CadError(
            f"{path}: no such file. Check the path in the recipe (relative paths start at the recipe's folder)."
        )
    if path.is_dir():
        raise CadError(f"{path}: is a folder. Name the CAD files in it.")
    if path.suffix.lower() not in SUFFIXES:
        raise CadError(f"{path}: unknown kind of file. Known: {', '.join(sorted(SUFFIXES))}. Export it as STEP or STL.")
    if path.stat().st_size == 0:
        raise CadError(f"{path}: is empty. Export or copy it again.")


def _read_into(
    folder: Path, name: str, path: Path, part_section: PartSection, section: CadSection
) -> tuple[ReadPart, ...]:
    with tempfile.TemporaryDirectory(prefix="partsight-request-") as own:
        request = Path(own) / "request.json"
        write_json(
            request,
            {
                "name": name,
                "path": str(path),
                "output": str(folder),
                "part": part_section.model_dump(mode="json"),
                "section": section.model_dump(mode="json"),
            },
        )
        _run_worker(path, request, section)
    return _load(folder)


def _load(folder: Path) -> tuple[ReadPart, ...]:
    facts = read_facts(folder / FACTS)
    return tuple(ReadPart(load_part(folder / f"{number:02d}.npz"), entry) for number, entry in enumerate(facts))


def _run_worker(path: Path, request: Path, section: CadSection) -> None:
    command = [sys.executable, "-m", "partsight.cad.worker", str(request)]
    try:
        result = subprocess.run(command, capture_output=True, timeout=section.timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise CadError(
            f"{path}: not read within {section.timeout_s:g} s. Raise cad.timeout_s or cad.linear_tolerance, "
            "or simplify the file."
        ) from error
    if result.returncode:
        raise CadError(_explain(path, result.returncode, result.stderr.decode(errors="replace"), section))


def _explain(path: Path, code: int, said: str, section: CadSection) -> str:
    """Say why the child ended as it did."""
    if code == EXIT_CODE and MARKER in said:
        return said.rpartition(MARKER)[2].strip()
    if code == MEMORY_EXIT_CODE or "bad_alloc" in said or "OutOfMemory" in said or "MemoryError" in said:
        return (
            f"{path}: needs more than {section.memory_limit_gb:g} GB of memory. Raise cad.memory_limit_gb or "
            "cad.linear_tolerance, or simplify the file."
        )
    return f"{path}: the CAD reader died of it ({_cause(code, said)}). Export it again as STEP AP214."


def _cause(code: int, said: str) -> str:
    """Name the signal that ended the child, or its last words."""
    if code < 0:
        return signal.Signals(-code).name
    lines = said.strip().splitlines()
    return lines[-1] if lines else f"exit code {code}"
