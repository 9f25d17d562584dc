"""One file → triangles with names and colors, as a trimesh scene in metres with z up. Runs in the worker process only."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from partsight.cad.formats import KERNEL_SUFFIXES, METERS_PER, SCENE_SUFFIXES
from partsight.config.cad import CadSection
from partsight.errors import CadError

FIRST_TOLERANCE_MM = 0.1
CLOSE_ENOUGH = 3.0
"""The first tessellation is kept when its tolerance is within this factor of the wanted one."""
Z_UP_FROM_Y_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


def read_scene(path: Path, section: CadSection, unit: str | None) -> Any:
    """Return the file's triangles. Raises CadError saying what is wrong with the file."""
    suffix = path.suffix.lower()
    if suffix in KERNEL_SUFFIXES:
        return _tessellated(path, section)
    scene = _read_triangles(path)
    if suffix in {".glb", ".gltf"}:
        scene.apply_transform(Z_UP_FROM_Y_UP)
    elif suffix in SCENE_SUFFIXES:
        scene.apply_scale(METERS_PER.get(_short(scene.units), METERS_PER[unit or "mm"]))
    else:
        scene.apply_scale(METERS_PER[unit or "mm"])
    return scene


def _tessellated(path: Path, section: CadSection) -> Any:
    """Tessellate exact surfaces; a second time where the first shows that the part has quite another size."""
    content = path.read_bytes()
    scene = _run_kernel(path, content, FIRST_TOLERANCE_MM, section)
    wanted_mm = section.linear_tolerance * 1000 * float(np.linalg.norm(np.ptp(scene.bounds, axis=0)))
    if FIRST_TOLERANCE_MM / CLOSE_ENOUGH <= wanted_mm <= FIRST_TOLERANCE_MM * CLOSE_ENOUGH:
        return scene
    return _run_kernel(path, content, max(wanted_mm, 1e-6), section)


def _run_kernel(path: Path, content: bytes, tolerance_mm: float, section: CadSection) -> Any:
    import cascadio

    glb = cascadio.load(
        content,
        file_type=KERNEL_SUFFIXES[path.suffix.lower()],
        tol_linear=tolerance_mm,
        tol_angular=float(np.deg2rad(section.angular_tolerance_deg)),
        use_parallel=False,
    )
    if not glb:
        raise CadError(f"{path}: {_why_empty(content)}")
    scene = trimesh.load_scene(io.BytesIO(glb), file_type="glb", process=False)
    if not scene.geometry:
        raise CadError(f"{path}: {_why_empty(content)}")
    return scene


def _why_empty(content: bytes) -> str:
    """Say why the kernel found nothing to draw in a file."""
    if b"ISO-10303-21" in content[:200] and b"END-ISO-10303-21" not in content[-2000:]:
        return "is cut off (its last line, END-ISO-10303-21, is missing). Export or copy it again."
    if b"DOCUMENT_FILE" in content or b"EXTERNALLY_DEFINED" in content.upper():
        return (
            "holds no geometry, only references to other files. Give those files, or export the assembly as one file."
        )
    return (
        "the CAD kernel finds no solid or surface in it. Open it in your CAD program and export it again as STEP AP214."
    )


def _read_triangles(path: Path) -> Any:
    try:
        scene = trimesh.load_scene(path, process=False)
    except (ValueError, KeyError, IndexError, TypeError, NotImplementedError, OSError, AttributeError) as error:
        kind = path.suffix.lower().lstrip(".").upper()
        raise CadError(
            f"{path}: not a {kind} file that can be read ({type(error).__name__}: {error}). Export it again."
        ) from error
    if not any(len(getattr(mesh, "faces", ())) for mesh in scene.geometry.values()):
        raise CadError(f"{path}: holds no triangles. Export it again as a mesh or solid.")
    return scene


def _short(unit: str | None) -> str:
    names = {
        "meters": "m",
        "meter": "m",
        "centimeters": "cm",
        "centimeter": "cm",
        "millimeters": "mm",
        "millimeter": "mm",
        "inches": "inch",
    }
    return names.get(unit or "", unit or "")
