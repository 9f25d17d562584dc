"""Symmetries of parts, found once for each content and kept in the workspace."""

from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.symmetry.finding import TOLERANCE, find_symmetry
from partsight.errors import StorageError
from partsight.files import read_json, write_json
from partsight.pipeline.running.workspace import Workspace
from partsight.structures.plain import as_plain
from partsight.structures.world.part import Part
from partsight.structures.world.symmetry import Symmetry, SymmetryAxis

FOLDER = "symmetries"
_VERSION = 1
"""Raised whenever the same part has other symmetries."""


def symmetry_of(part: Part, workspace: Workspace) -> Symmetry:
    """Return the symmetries of a part's shape, found now or read from the workspace. Raises StorageError."""
    path = workspace.root / FOLDER / f"{part.key}-{_VERSION}.json"
    kept = _read(path) if path.is_file() else None
    if kept is not None:
        return kept
    found = find_symmetry(part)
    write_json(path, {"name": found.name, "tolerance": TOLERANCE, "symmetry": as_plain(found)})
    return found


def _read(path: Path) -> Symmetry | None:
    """Return what is kept; None where it is damaged, for it is quickly found again."""
    try:
        kept: dict[str, Any] = read_json(path)["symmetry"]
        axes = tuple(SymmetryAxis(np.array(one["direction"]), np.array(one["offset_m"])) for one in kept["continuous"])
        main = None if kept["main_axis"] is None else np.array(kept["main_axis"])
        discrete = np.reshape(kept["discrete"], (-1, 4, 4))
        return Symmetry(discrete, axes, int(kept["order"]), float(kept["tolerance_m"]), main)
    except (StorageError, LookupError, TypeError, ValueError):
        return None
