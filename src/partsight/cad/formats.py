"""Which CAD files are read, and how they state their unit."""

KERNEL_SUFFIXES = {".step": "step", ".stp": "step", ".igs": "iges", ".iges": "iges"}
"""Files of exact surfaces, tessellated by Open CASCADE; they state their unit."""
MESH_SUFFIXES = {".stl", ".obj", ".ply", ".off"}
"""Triangles without a unit."""
SCENE_SUFFIXES = {".glb", ".gltf", ".3mf"}
"""Triangles with a unit: glTF is in metres, y up; 3MF states its own."""
SUFFIXES = frozenset({*KERNEL_SUFFIXES, *MESH_SUFFIXES, *SCENE_SUFFIXES})

METERS_PER = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254}
