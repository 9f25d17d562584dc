"""The child process that reads one CAD file: whatever the kernel does there, the parent lives.

    python -m partsight.cad.process.worker REQUEST.json

Writes the parts and their figures into the folder that the request names; mistakes of the file go to stderr behind a marker, exit
code 3; too little memory is told by exit code 4.
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from partsight.cad.facts import PartFacts, describe, write_facts
from partsight.cad.readers.formats import EXACT_SUFFIXES, FREECAD_SUFFIXES, GLTF_SUFFIXES, THREE_MF_SUFFIXES
from partsight.cad.readers.pieces import ReadFile
from partsight.cad.storage import save_part
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError, PartsightError
from partsight.files import read_json
from partsight.memory import is_shortage
from partsight.structures.world.part import Part

MARKER = "PARTSIGHT-CAD-ERROR "
EXIT_CODE, MEMORY_EXIT_CODE = 3, 4
FACTS = "facts.json"
DEFAULT_TOLERANCE = 0.001


def main(request_path: Path) -> int:
    """Read the request's file; return the exit code."""
    tempfile.tempdir = str(request_path.parent)  # the caller deletes it, however this process ends
    request = read_json(request_path)
    section = CadSection.model_validate(request["section"])
    part_section = PartSection.model_validate(request["part"])
    limit_memory(section.memory_limit_gb)
    try:
        made = make_parts(request["name"], Path(request["path"]), part_section, section)
        _save(made, Path(request["output"]))
    except PartsightError as error:
        sys.stderr.write(f"\n{MARKER}{error}\n")
        return EXIT_CODE
    except (ImportError, MemoryError, OSError, RuntimeError, SystemError) as error:
        if not is_shortage(error):
            raise
        return MEMORY_EXIT_CODE
    return 0


def make_parts(name: str, path: Path, part_section: PartSection, section: CadSection) -> list[tuple[Part, PartFacts]]:
    """Read a file and return its parts, each with its figures. Raises CadError."""
    from partsight.cad.geometry.conversion import make_part
    from partsight.cad.geometry.selection import check_patterns, select_bodies

    file = _read(path, part_section.unit, section)
    made = []
    for patterns in part_section.labels.values():
        check_patterns(path, file.pieces, patterns, "labels")
    check_patterns(path, file.pieces, tuple(part_section.materials), "materials")
    for body in select_bodies(path, file.pieces, part_section.node, part_section.hide):
        read = make_part(name, path, body, part_section)
        final, remarks = _reduced(read, section)
        facts = describe(file, path, body, read, final)
        made.append((final, replace(facts, warnings=(*facts.warnings, *remarks))))
    return made


def limit_memory(limit_gb: float) -> None:
    """Let this process have no more memory than this; the system has no such limit on Windows."""
    try:
        import resource
    except ImportError:
        return
    limit = int(limit_gb * 1e9)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or hard > limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def _read(path: Path, unit: str | None, section: CadSection) -> ReadFile:
    tolerance = section.linear_tolerance or DEFAULT_TOLERANCE
    suffix = path.suffix.lower()
    if suffix in FREECAD_SUFFIXES:
        from partsight.cad.readers.freecad.reading import read_freecad

        return read_freecad(path, tolerance, section.angular_tolerance_deg)
    if suffix in EXACT_SUFFIXES:
        from partsight.cad.readers.kernel import read_exact

        return read_exact(path, tolerance, section.angular_tolerance_deg, unit)
    from partsight.cad.geometry.mending import mend

    read = _read_mesh(path, unit)
    mended = mend(path, read.pieces)
    return replace(read, pieces=mended.pieces, remarks=(*read.remarks, *mended.remarks))


def _read_mesh(path: Path, unit: str | None) -> ReadFile:
    suffix = path.suffix.lower()
    if suffix in GLTF_SUFFIXES:
        from partsight.cad.readers.gltf.reading import read_gltf

        return read_gltf(path)
    if suffix in THREE_MF_SUFFIXES:
        from partsight.cad.readers.threemf.reading import read_3mf

        return read_3mf(path)
    from partsight.cad.readers.mesh_files import read_triangles

    return read_triangles(path, unit)


def _reduced(part: Part, section: CadSection) -> tuple[Part, tuple[str, ...]]:
    """Leave out what cannot be seen and what need not be drawn; say when the wanted number cannot be reached."""
    if section.remove_hidden:
        from partsight.cad.geometry.interior import remove_hidden

        part = remove_hidden(part)
    if section.max_triangles is None:
        return part, ()
    from partsight.cad.geometry.simplification import simplify

    part = simplify(part, section.max_triangles, section.linear_tolerance or DEFAULT_TOLERANCE)
    if len(part.mesh.triangles) <= section.max_triangles:
        return part, ()
    count = len(part.mesh.triangles)
    return part, (f"{count} triangles kept: with {section.max_triangles} the outline would move visibly",)


def _save(made: list[tuple[Part, PartFacts]], folder: Path) -> None:
    if not made:
        raise CadError(f"{folder}: nothing was made of the file. Please report this.")
    for number, (part, _) in enumerate(made):
        save_part(part, folder / f"{number:02d}.npz")
    write_facts([facts for _, facts in made], folder / FACTS)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
