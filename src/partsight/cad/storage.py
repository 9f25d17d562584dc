"""Parts on disk: one .npz each, without pickles; what is read equals what was written."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from partsight.errors import StorageError
from partsight.files import write_bytes
from partsight.structures.world.material import Material, Texture
from partsight.structures.world.part import Mesh, Part, PartRegion


def save_part(part: Part, path: Path) -> None:
    """Write a part atomically. Raises StorageError."""
    textures: dict[str, Any] = {f"texture_{k}": m.texture.image_rgb for k, m in enumerate(part.materials) if m.texture}
    names = {
        "name": part.name,
        "key": part.key,
        "node_names": part.node_names,
        "materials": [_describe(material) for material in part.materials],
        "regions": [[region.class_name, region.node_ids] for region in part.regions],
        "cad_center_m": part.cad_center_m,
    }
    buffer = io.BytesIO()
    np.savez(
        buffer,
        names=np.frombuffer(json.dumps(names).encode(), np.uint8),
        vertices_m=part.mesh.vertices_m,
        normals=part.mesh.normals,
        triangles=part.mesh.triangles,
        material_ids=part.material_ids,
        node_ids=part.node_ids,
        **textures,
    )
    write_bytes(path, buffer.getvalue())


def load_part(path: Path) -> Part:
    """Read a part. Raises StorageError when the file is missing or damaged."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            names = json.loads(arrays["names"].tobytes())
            materials = tuple(_material(entry, k, arrays) for k, entry in enumerate(names["materials"]))
            mesh = Mesh(arrays["vertices_m"], arrays["normals"], arrays["triangles"])
            nodes = tuple(names["node_names"])
            regions = tuple(PartRegion(name, tuple(ids)) for name, ids in names["regions"])
            ids = arrays["material_ids"], arrays["node_ids"]
            center = tuple(names.get("cad_center_m") or ()) or None
            return Part(names["name"], mesh, materials, ids[0], nodes, ids[1], names["key"], regions, center)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise StorageError(
            f"{path}: damaged part ({error}). Delete its folder and run the same command again."
        ) from error


def _describe(material: Material) -> dict[str, Any]:
    return {
        "name": material.name,
        "base_color": material.base_color,
        "metallic": material.metallic,
        "roughness": material.roughness,
        "opacity": material.opacity,
        "texture_size_m": material.texture.size_m if material.texture else None,
    }


def _material(entry: dict[str, Any], number: int, arrays: Any) -> Material:
    size_m = entry["texture_size_m"]
    texture = None if size_m is None else Texture(arrays[f"texture_{number}"], size_m)
    red, green, blue = entry["base_color"]
    look = entry["metallic"], entry["roughness"], texture, entry["opacity"]
    return Material(entry["name"], (red, green, blue), *look)
