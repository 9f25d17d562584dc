"""CAD files → parts: each file in a child process with limits on time and memory, results kept, mistakes reported together."""

import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path

from partsight.cad.facts import PartFacts, read_facts
from partsight.cad.process.processes import ChildExit, ReaderProcesses
from partsight.cad.process.worker import EXIT_CODE, FACTS, MARKER, MEMORY_EXIT_CODE
from partsight.cad.readers.companions import find_companions
from partsight.cad.readers.foreign import why_foreign, why_no_content
from partsight.cad.readers.formats import SUFFIXES, ZIPPED_SUFFIXES
from partsight.cad.storage import load_part
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError, ExtraError, MemoryShortageError, PartsightError, StorageError
from partsight.files import hash_file, hash_json, write_json
from partsight.memory import describe_memory, memory_limit, names_shortage
from partsight.scratch import scratch_folder
from partsight.structures.world.part import Part

FORMAT_VERSION = 5
"""Raised whenever the same file gives another part."""
_OUT_OF_MEMORY = ("OutOfMemory", "MemoryError")
Place = tuple[Path | None, ReaderProcesses | None]
"""Folder of files read before, and the processes to read with."""


Advance = Callable[[int, str], None]


def _ignore(done: int, remark: str) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A part and its figures."""

    part: Part
    facts: PartFacts


def read_parts(
    parts: Mapping[str, PartSection], section: CadSection, cache: Path | None = None, advance: Advance = _ignore
) -> dict[str, tuple[ReadPart, ...]]:
    """Read every file of every class, in order. Raises one CadError that lists all files that cannot be used."""
    found, problems = try_parts(parts, section, cache, advance)
    if problems:
        lines = [f"  {problem}" for problem in problems.values()]
        raise CadError("\n".join([f"{len(problems)} CAD file(s) cannot be used:", *lines]))
    return found


def try_parts(
    parts: Mapping[str, PartSection], section: CadSection, cache: Path | None = None, advance: Advance = _ignore
) -> tuple[dict[str, tuple[ReadPart, ...]], dict[Path, CadError]]:
    """Read every file that can be read; return the parts by class, and what is wrong with the other files.

    `advance` is told how many files are done and the name of the last, in the order of the files.
    """
    wanted = [(name, path, part) for name, part in parts.items() for path in part.files]
    found: dict[str, tuple[ReadPart, ...]] = dict.fromkeys(parts, ())
    problems = {}
    with ReaderProcesses() as processes, ThreadPoolExecutor(min(8, cpu_count() or 1)) as executor:
        outcomes = executor.map(lambda job: _attempt(*job, section=section, place=(cache, processes)), wanted)
        for number, ((name, path, _), outcome) in enumerate(zip(wanted, outcomes, strict=True), 1):
            if isinstance(outcome, CadError):
                problems[path] = outcome
            else:
                found[name] = (*found[name], *outcome)
            advance(number, path.name)
    return found, problems


def read_file(
    name: str, path: Path, part_section: PartSection, section: CadSection, place: Place = (None, None)
) -> tuple[ReadPart, ...]:
    """Read one file as the parts of a class: one, or as many as different nodes match. Raises CadError.

    With a cache folder, a file that was read with the same settings is not read again; with processes, one start of the CAD
    kernel serves many files.
    """
    _check_file(path)
    cache, processes = place
    if processes is None:
        with ReaderProcesses() as own:
            return read_file(name, path, part_section, section, (cache, own))
    order = _Order(name, path, part_section, section)
    if cache is None:
        with scratch_folder("cad") as temporary:
            return _read_into(temporary, order, processes)
    folder = cache / content_key(name, path, part_section, section)
    try:
        return _load(folder)
    except StorageError:
        return _read_into(folder, order, processes)


def content_key(name: str, path: Path, part_section: PartSection, section: CadSection) -> str:
    """Return the key of what reading a file gives: its content, that of the files it names, and the settings."""
    companions = find_companions(path)
    content = {
        "name": name,
        "file": [path.stem, path.suffix.lower(), hash_file(path)],
        "companions": {key: hash_file(companion) for key, companion in companions.found.items()},
        "missing": companions.missing,
        "part": part_section.model_dump(
            mode="json", exclude={"files", "keypoints", "description", "document", "details"}
        ),
        "cad": section.model_dump(mode="json", exclude={"timeout_s", "memory_limit_gb"}),
    }
    return hash_json([FORMAT_VERSION, content])


def _attempt(
    name: str, path: Path, part_section: PartSection, *, section: CadSection, place: Place
) -> tuple[ReadPart, ...] | CadError:
    try:
        return read_file(name, path, part_section, section, place)
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
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES and (reason := why_foreign(path)):
        raise CadError(f"{path}: {reason}")
    if suffix not in SUFFIXES:
        raise CadError(f"{path}: unknown kind of file. Known: {', '.join(sorted(SUFFIXES))}. Export it as STEP or STL.")
    if path.stat().st_size == 0:
        raise CadError(f"{path}: is empty. Export or copy it again.")
    if reason := why_no_content(path, may_be_packed=suffix in ZIPPED_SUFFIXES):
        raise CadError(f"{path}: {reason}.")


@dataclass(frozen=True, slots=True)
class _Order:
    """What to read, and how."""

    name: str
    path: Path
    part_section: PartSection
    section: CadSection


def _read_into(folder: Path, order: _Order, processes: ReaderProcesses) -> tuple[ReadPart, ...]:
    with scratch_folder("request") as own:
        request = own / "request.json"
        write_json(
            request,
            {
                "name": order.name,
                "path": str(order.path),
                "output": str(folder),
                "part": order.part_section.model_dump(mode="json"),
                "section": order.section.model_dump(mode="json"),
            },
        )
        ended = processes.run(request, own / "log.txt", order.section.timeout_s)
    if ended.never_loaded:
        raise _not_loaded(ended)
    if ended.code or ended.timed_out:
        raise CadError(_explain(order.path, ended, order.section))
    return _load(folder)


def _load(folder: Path) -> tuple[ReadPart, ...]:
    facts = read_facts(folder / FACTS)
    return tuple(ReadPart(load_part(folder / f"{number:02d}.npz"), entry) for number, entry in enumerate(facts))


def _explain(path: Path, ended: ChildExit, section: CadSection) -> str:
    """Say why the child ended as it did."""
    said = ended.said
    if ended.timed_out:
        return (
            f"{path}: not read within {section.timeout_s:g} s. Raise cad.timeout_s or cad.linear_tolerance, "
            "or simplify the file."
        )
    if ended.code == EXIT_CODE and MARKER in said:
        return said.rpartition(MARKER)[2].strip()
    if ended.code == MEMORY_EXIT_CODE or names_shortage(said) or any(word in said for word in _OUT_OF_MEMORY):
        return f"{path}: {_too_large(section)}"
    if ended.was_killed:
        return (
            f"{path}: the CAD reader was killed twice ({_cause(ended.code, '')}), as the system does when memory is short. "
            "The file may be sound: close other programs, or lower cad.memory_limit_gb to learn what it needs, and run again."
        )
    if ended.code < 0 and _is_limited(section):
        return (
            f"{path}: the CAD reader died of it ({_cause(ended.code, said)}), as it does for want of memory: this process may have "
            f"{(memory_limit() or 0) / 1e9:.1f} GB. Lift the limit (ulimit -v, a container's, a job's). If it dies without "
            "one, export the file again as STEP AP214."
        )
    return f"{path}: the CAD reader died of it ({_cause(ended.code, said)}). Export it again as STEP AP214."


def _too_large(section: CadSection) -> str:
    """Say what a file may have: as much as the recipe allows, or the system where that is less."""
    if _is_limited(section):
        return (
            f"needs more memory than the {(memory_limit() or 0) / 1e9:.1f} GB that this process may have. Lift the limit (ulimit -v, "
            "a container's, a job's), raise cad.linear_tolerance, or simplify the file."
        )
    return (
        f"needs more than {section.memory_limit_gb:g} GB of memory. Raise cad.memory_limit_gb or "
        "cad.linear_tolerance, or simplify the file."
    )


def _is_limited(section: CadSection) -> bool:
    """Return whether the system allows less memory than the recipe does."""
    limit = memory_limit()
    return limit is not None and limit < section.memory_limit_gb * 1e9


def _not_loaded(ended: ChildExit) -> PartsightError:
    """Say why no file at all can be read."""
    cause = ended.said or _cause(ended.code, "")
    if ended.code == EXIT_CODE and not names_shortage(
        cause
    ):  # with too little memory even the right exit code may fail
        return ExtraError(
            f"the CAD reader cannot be loaded ({cause}). Install partsight[cad] again, with what it needs of the system."
        )
    return MemoryShortageError(
        f"out of memory: the CAD reader cannot be loaded ({cause}; {describe_memory()}). Close other programs, or lift a limit "
        "(ulimit -v, a container's, a job's)."
    )


def _cause(code: int, said: str) -> str:
    """Name the signal that ended the child, or its last words."""
    if code < 0:
        return signal.Signals(-code).name
    lines = said.strip().splitlines()
    return lines[-1] if lines else f"exit code {code}"
