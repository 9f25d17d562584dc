"""The triangles of each product, once, and the pieces of all places where it stands."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.readers.exact.centering import bring_to_origin
from partsight.cad.readers.exact.glb import Primitive, read_kernel_glb
from partsight.cad.readers.exact.labels import is_invisible, meters_per_unit, shape_of, subshape_labels
from partsight.cad.readers.exact.occurrences import Occurrence
from partsight.cad.readers.pieces import Piece
from partsight.structures.arrays import FloatArray


def make_pieces(document: Any, occurrences: Sequence[Occurrence], layers: frozenset[str]) -> list[Piece]:
    """Return the triangles of all occurrences; their shapes are tessellated already. Hidden parts of shapes are left out."""
    products = {one.product_entry: one.product for one in occurrences}
    for product in products.values():
        _strip_hidden(product, layers)
    unit_m, moved = meters_per_unit(document), dict[Any, FloatArray]()
    back_m = {key: bring_to_origin(product, moved) * unit_m for key, product in products.items()}
    meshes = {
        key: [replace(mesh, vertices_m=mesh.vertices_m + back_m[key]) for mesh in found]
        for key, found in _meshes(document, products).items()
    }
    scale = np.array([1.0, 1.0, 1.0, unit_m])
    return [
        piece
        for one in occurrences
        for piece in _placed(one, meshes.get(one.product_entry, ()), one.world_from_product * scale)
    ]


def _strip_hidden(product: Any, layers: frozenset[str]) -> None:
    """Take the triangles off the parts of a shape that are hidden."""
    from OCP.BRepTools import BRepTools

    for part in subshape_labels(product):
        if is_invisible(part, layers):
            BRepTools.Clean_s(shape_of(part), True)


def _meshes(document: Any, products: dict[str, Any]) -> dict[str, list[Primitive]]:
    """Write products by the kernel, under their entries as names, and read them again."""
    from OCP.collections import IndexedDataMap_TCollection_AsciiString_TCollection_AsciiString as FileInfo
    from OCP.collections import Sequence_TDF_Label
    from OCP.Message import Message_ProgressRange
    from OCP.RWGltf import RWGltf_CafWriter
    from OCP.RWMesh import RWMesh_CoordinateSystem, RWMesh_NameFormat
    from OCP.TCollection import TCollection_AsciiString, TCollection_ExtendedString
    from OCP.TDataStd import TDataStd_Name

    roots = Sequence_TDF_Label()
    for name, product in products.items():
        TDataStd_Name.Set_s(product, TCollection_ExtendedString(name))
        roots.Append(product)
    with tempfile.TemporaryDirectory(prefix="partsight-glb-") as folder:
        target = Path(folder) / "shape.glb"
        writer = RWGltf_CafWriter(TCollection_AsciiString(str(target)), True)
        writer.SetMergeFaces(True)
        writer.SetNodeNameFormat(RWMesh_NameFormat.RWMesh_NameFormat_Product)
        converter = writer.ChangeCoordinateSystemConverter()
        converter.SetOutputCoordinateSystem(RWMesh_CoordinateSystem.RWMesh_CoordinateSystem_Zup)
        writer.SetCoordinateSystemConverter(converter)
        written = writer.Perform(document, roots, None, FileInfo(), Message_ProgressRange())
        return read_kernel_glb(target.read_bytes()) if written and target.exists() else {}


def _placed(occurrence: Occurrence, primitives: Sequence[Primitive], world_from_product: FloatArray) -> Iterator[Piece]:
    """Yield the pieces of one occurrence, in its colors."""
    rotation, shift = world_from_product[:3, :3], world_from_product[:3, 3]
    is_mirrored = np.linalg.det(rotation) < 0
    for primitive in primitives:
        piece = Piece(
            node=occurrence.node,
            shape_id=primitive.shape_id,
            vertices_m=primitive.vertices_m @ rotation.T + shift,
            normals=None if primitive.normals is None else primitive.normals @ np.linalg.inv(rotation),
            triangles=primitive.triangles[:, ::-1] if is_mirrored else primitive.triangles,
            base_color=primitive.base_color,
            opacity=primitive.opacity,
        )
        style = occurrence.override or (occurrence.inherited if primitive.base_color is None else None)
        yield replace(piece, base_color=style[0], opacity=style[1]) if style else piece
