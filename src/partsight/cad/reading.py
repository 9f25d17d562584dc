"""CAD files → parts: each file in a child process with a time limit, all mistakes reported together."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

from partsight.cad.formats import SUFFIXES
from partsight.cad.storage import load_part
from partsight.cad.worker import EXIT_CODE, MARKER
from partsight.config.cad import CadSection, PartSection
from partsight.errors import CadError
from partsight.files import write_json
from partsight.structures.part import Part


def read_parts(parts: Mapping[str, PartSection], section: CadSection) -> dict[str, tuple[Part, ...]]:
    """Read every file of every class, in order. Raises one CadError that lists all files that cannot be used."""
    wanted = [(name, path, part) for name, part in parts.items() for path in part.files]
    with ThreadPoolExecutor(max_workers=min(8, cpu_count() or 1)) as executor:
        outcomes = list(executor.map(lambda job: _attempt(job[0], job[1], job[2], section), wanted))
    problems = [str(outcome) for outcome in outcomes if isinstance(outcome, CadError)]
    if problems:
        raise CadError(
            "\n".join([f"{len(problems)} CAD file(s) cannot be used:", *(f"  {problem}" for problem in problems)])
        )
    found = zip(wanted, outcomes, strict=True)
    read = [(name, outcome) for (name, _, _), outcome in found if isinstance(outcome, Part)]
    return {name: tuple(part for owner, part in read if owner == name) for name in parts}


def read_part(name: str, path: Path, part_section: PartSection, section: CadSection) -> Part:
    """Read one file as a part of a class. Raises CadError."""
    _check_file(path)
    with tempfile.TemporaryDirectory(prefix="partsight-cad-") as folder:
        request, output = Path(folder) / "request.json", Path(folder) / "part.npz"
        settings = {"unit": part_section.unit, "color": part_section.color, "section": section.model_dump(mode="json")}
        write_json(request, {"name": name, "path": str(path), "output": str(output), **settings})
        _run_worker(path, request, section.timeout_s)
        return load_part(output)


def _attempt(name: str, path: Path, part_section: PartSection, section: CadSection) -> Part | CadError:
    try:
        return read_part(name, path, part_section, section)
    except CadError as error:
        return error


def _check_file(path: Path) -> None:
    """Refuse what needs no kernel to be refused."""
    if not path.exists():
        raise CadError(
            f"{path}: no such file. Check the path in the recipe (relative paths start at the recipe's folder)."
        )
    if path.is_dir():
        raise CadError(f"{path}: is a folder. Name the CAD file in it.")
    if path.suffix.lower() not in SUFFIXES:
        raise CadError(f"{path}: unknown kind of file. Known: {', '.join(sorted(SUFFIXES))}. Export it as STEP or STL.")
    if path.stat().st_size == 0:
        raise CadError(f"{path}: is empty. Export or copy it again.")


def _run_worker(path: Path, request: Path, timeout_s: float) -> None:
    command = [sys.executable, "-m", "partsight.cad.worker", str(request)]
    try:
        result = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise CadError(
            f"{path}: not read within {timeout_s:g} s. Raise cad.timeout_s or cad.linear_tolerance, or simplify the file."
        ) from error
    if result.returncode == 0:
        return
    said = result.stderr.decode(errors="replace")
    if result.returncode == EXIT_CODE and MARKER in said:
        raise CadError(said.rpartition(MARKER)[2].strip())
    raise CadError(
        f"{path}: the CAD reader died of it ({_cause(result.returncode, said)}). Export it again as STEP AP214."
    )


def _cause(code: int, said: str) -> str:
    """Name the signal that ended the child, or its last words."""
    if code < 0:
        return signal.Signals(-code).name
    lines = said.strip().splitlines()
    return lines[-1] if lines else f"exit code {code}"
