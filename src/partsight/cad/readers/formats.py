"""Which CAD files are read, and how they state their unit."""

from pathlib import Path

STEP_SUFFIXES = frozenset({".step", ".stp", ".p21"})
PACKED_STEP_SUFFIXES = frozenset({".stpz", ".stepz"})
"""STEP packed with gzip, or as the only STEP file of a zip archive, in whatever folder."""
IGES_SUFFIXES = frozenset({".igs", ".iges"})
BREP_SUFFIXES = frozenset({".brep", ".brp"})
FREECAD_SUFFIXES = frozenset({".fcstd"})
EXACT_SUFFIXES = STEP_SUFFIXES | PACKED_STEP_SUFFIXES | IGES_SUFFIXES | BREP_SUFFIXES | FREECAD_SUFFIXES
"""Files of exact surfaces, tessellated by Open CASCADE; all but BREP state their unit."""
MESH_SUFFIXES = frozenset({".stl", ".obj", ".ply", ".off"})
"""Triangles without a unit."""
GLTF_SUFFIXES = frozenset({".glb", ".gltf"})
THREE_MF_SUFFIXES = frozenset({".3mf"})
SCENE_SUFFIXES = GLTF_SUFFIXES | THREE_MF_SUFFIXES
"""Triangles with a unit: glTF is in meters, y up; 3MF states its own."""
SUFFIXES = EXACT_SUFFIXES | MESH_SUFFIXES | SCENE_SUFFIXES
ZIPPED_SUFFIXES = PACKED_STEP_SUFFIXES | FREECAD_SUFFIXES | THREE_MF_SUFFIXES
"""Archives by their nature."""
UNITLESS_SUFFIXES = MESH_SUFFIXES | BREP_SUFFIXES

METERS_PER = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254}


def is_cad_file(path: Path) -> bool:
    """Return whether a file's suffix, in lower or upper case, is one that is read."""
    return path.suffix.lower() in SUFFIXES
