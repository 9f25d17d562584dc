"""Part → a file that other programs read: STL, OBJ, PLY, GLB, 3MF, OFF."""

from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from partsight.cad.readers.formats import METERS_PER
from partsight.errors import CadError
from partsight.files import write_bytes
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.material import Material, srgb_from_linear
from partsight.structures.world.part import Part

TARGETS = ("stl", "obj", "ply", "glb", "3mf", "off")
_Y_UP_FROM_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])


def export_part(part: Part, path: Path, unit: str = "mm") -> None:
    """Write a part in the format of the path's suffix, whole or not at all.

    GLB is in meters, y up, with materials; 3MF in millimeters, and says so; the others are in the unit given. PLY keeps the
    colors of faces, OBJ has its materials in a .mtl beside it; STL, OFF and 3MF keep no color.
    Raises CadError for an unknown suffix, StorageError when it cannot be written.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in TARGETS:
        raise CadError(f"{path}: cannot write .{kind}. Known: {', '.join(TARGETS)}.")
    if kind == "glb":
        write_bytes(path, _scene(part, 1.0, _Y_UP_FROM_Z_UP).export(file_type="glb"))
    elif kind == "obj":
        _write_obj(part, path, unit)
    elif kind == "3mf":
        write_bytes(path, _scene(part, 1 / METERS_PER["mm"], np.eye(4)).export(file_type="3mf"))
    else:
        write_bytes(path, _encoded(_single_mesh(part, 1 / METERS_PER[unit]).export(file_type=kind)))


def model_ply(part: Part) -> bytes:
    """Return a part as PLY in millimeters with normals and colors of vertices, as BOP has its models."""
    corners = np.stack([part.mesh.triangles.ravel(), np.repeat(part.material_ids, 3)], axis=1)
    different, triangles = np.unique(corners, axis=0, return_inverse=True)
    vertex_ids, material_ids = different.T
    colors = np.array([(*_srgb_bytes(material), 255) for material in part.materials], np.uint8)
    mesh = trimesh.Trimesh(
        part.mesh.vertices_m[vertex_ids] / METERS_PER["mm"],
        triangles.reshape(-1, 3),
        vertex_normals=part.mesh.normals[vertex_ids],
        vertex_colors=colors[material_ids],
        process=False,
    )
    return _encoded(mesh.export(file_type="ply", vertex_normal=True))


def _write_obj(part: Part, path: Path, unit: str) -> None:
    scene = _scene(part, 1 / METERS_PER[unit], np.eye(4))
    for mesh, material in zip(scene.geometry.values(), _materials_of(scene), strict=True):
        mesh.visual.material = material
    text, companions = trimesh.exchange.obj.export_obj(scene, mtl_name=f"{path.stem}.mtl", return_texture=True)
    for name, content in companions.items():
        write_bytes(path.with_name(name), _encoded(content))
    write_bytes(path, _encoded(text))


def _materials_of(scene: trimesh.Scene) -> list[Any]:
    """Return the materials in the terms of MTL: sRGB colors."""
    simple: dict[str, Any] = {}
    for mesh in scene.geometry.values():
        look = mesh.visual.material
        encoded = srgb_from_linear(np.asarray(look.baseColorFactor[:3], float) / 255)
        color = [*np.rint(encoded * 255).astype(np.uint8).tolist(), 255]
        simple.setdefault(look.name, trimesh.visual.material.SimpleMaterial(diffuse=color, name=look.name))
    return [simple[mesh.visual.material.name] for mesh in scene.geometry.values()]


def _encoded(content: Any) -> bytes:
    return content.encode() if isinstance(content, str) else bytes(content)


def _single_mesh(part: Part, scale: float) -> trimesh.Trimesh:
    colors = np.array([(*_srgb_bytes(material), 255) for material in part.materials], np.uint8)
    mesh = trimesh.Trimesh(part.mesh.vertices_m * scale, part.mesh.triangles, process=False)
    mesh.visual.face_colors = colors[part.material_ids]
    return mesh


def _scene(part: Part, scale: float, transform: FloatArray) -> trimesh.Scene:
    """Return one named mesh for each color of each node."""
    scene = trimesh.Scene()
    for node_id, node in enumerate(part.node_names):
        for material_id, material in enumerate(part.materials):
            chosen = np.flatnonzero((part.node_ids == node_id) & (part.material_ids == material_id))
            if len(chosen):
                scene.add_geometry(_submesh(part, chosen, material, scale), node_name=f"{node}", geom_name=f"{node}")
    scene.apply_transform(transform)
    return scene


def _submesh(part: Part, chosen: IntArray, material: Material, scale: float) -> trimesh.Trimesh:
    used, triangles = np.unique(part.mesh.triangles[chosen], return_inverse=True)
    look = trimesh.visual.material.PBRMaterial(
        name=f"{material.name} {_hex(material)}".replace(" ", "_"),
        baseColorFactor=[*material.base_color, material.opacity],
        alphaMode="BLEND" if material.is_see_through else None,
        metallicFactor=material.metallic,
        roughnessFactor=material.roughness,
    )
    return trimesh.Trimesh(
        part.mesh.vertices_m[used] * scale,
        triangles.reshape(-1, 3),
        vertex_normals=part.mesh.normals[used],
        visual=trimesh.visual.TextureVisuals(material=look),
        process=False,
    )


def _srgb_bytes(material: Material) -> tuple[int, int, int]:
    red, green, blue = np.rint(srgb_from_linear(np.array(material.base_color)) * 255).astype(int).tolist()
    return red, green, blue


def _hex(material: Material) -> str:
    return "#{:02x}{:02x}{:02x}".format(*_srgb_bytes(material))
