"""glTF: what an extension changes is drawn, or the file is refused by the extension's name."""

import base64
import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from partsight.errors import CadError
from tests.unit.cad.conftest import read_here

CORNERS = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], np.float32)
FACES = np.array([(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)], np.uint16)
KINDS = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}


class Builder:
    """Collects accessors into one buffer."""

    def __init__(self):
        self.binary = b""
        self.views, self.accessors = [], []

    def add(self, values, *, normalized=False, stride=None) -> int:
        values = np.atleast_2d(np.asarray(values).T).T
        rows = [row.tobytes().ljust(stride or 0, b"\0") for row in values]
        self.views.append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": sum(map(len, rows))})
        if stride:
            self.views[-1]["byteStride"] = stride
        self.binary += b"".join(rows).ljust(-(-sum(map(len, rows)) // 4) * 4, b"\0")
        width = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[values.shape[1]]
        accessor = {
            "bufferView": len(self.views) - 1,
            "componentType": KINDS[values.dtype.str[1:]],
            "count": len(values),
            "type": width,
        }
        self.accessors.append(accessor | ({"normalized": True} if normalized else {}))
        return len(self.accessors) - 1

    def tree(self, primitives, nodes=None, **more):
        return {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": nodes or [{"mesh": 0}],
            "meshes": [{"primitives": primitives}],
            "accessors": self.accessors,
            "bufferViews": self.views,
            "buffers": [{"byteLength": len(self.binary)}],
            **more,
        }


def write_glb(path: Path, tree, binary: bytes) -> Path:
    text = json.dumps(tree).encode()
    text = text.ljust(-(-len(text) // 4) * 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    path.write_bytes(b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks)
    return path


def plain(builder: Builder, **attributes):
    return {"attributes": {"POSITION": builder.add(CORNERS), **attributes}, "indices": builder.add(FACES.ravel())}


def read(tmp_path, builder, primitive, nodes=None, **more):
    path = write_glb(tmp_path / "x.glb", builder.tree([primitive], nodes, **more), builder.binary)
    ((part, facts),) = read_here(path)
    return part, facts


def test_quantized_positions_stand_for_fractions(tmp_path):
    """16-bit fractions with padding, 8-bit integers that are no fractions."""
    for values, normalized, stride, size in [
        (np.round(CORNERS * 32767).astype(np.int16), True, 8, 1.0),
        ((CORNERS * 100).astype(np.uint8), False, 4, 100.0),
    ]:
        builder = Builder()
        position = builder.add(values, normalized=normalized, stride=stride)
        primitive = {"attributes": {"POSITION": position}, "indices": builder.add(FACES.ravel())}
        names = ["KHR_mesh_quantization"]
        _, facts = read(
            tmp_path,
            builder,
            primitive,
            [{"mesh": 0, "scale": [0.1] * 3}],
            extensionsUsed=names,
            extensionsRequired=names,
        )
        np.testing.assert_allclose(facts.size_m, size * 0.1, rtol=1e-4)


def test_instances_stand_at_each_of_their_places(tmp_path):
    """Turned, scaled and moved, in the frame of their node; its children are drawn once."""
    builder = Builder()
    places = {
        "TRANSLATION": builder.add(np.array([(0, 0, 0), (10, 0, 0)], np.float32)),
        "SCALE": builder.add(np.array([(1, 1, 1), (2, 2, 2)], np.float32)),
        "ROTATION": builder.add(np.array([(0, 0, 0, 127), (0, 127, 0, 0)], np.int8), normalized=True),
    }
    node = {
        "mesh": 0,
        "translation": [0, 5, 0],
        "children": [1],
        "extensions": {"EXT_mesh_gpu_instancing": {"attributes": places}},
    }
    _, facts = read(
        tmp_path,
        builder,
        plain(builder),
        [node, {"mesh": 0, "name": "child"}],
        extensionsRequired=["EXT_mesh_gpu_instancing"],
    )
    assert facts.num_nodes == 3
    assert facts.volume_m3 == pytest.approx((1 + 8 + 1) / 6)
    np.testing.assert_allclose(facts.size_m, [10, 3, 2], rtol=1e-5)


def test_the_older_material_model_gives_its_color_and_transparency(tmp_path):
    builder = Builder()
    older = {"KHR_materials_pbrSpecularGlossiness": {"diffuseFactor": [1, 0, 0, 0.4]}}
    material = {"name": "Cover", "alphaMode": "BLEND", "extensions": older}
    part, facts = read(
        tmp_path, builder, plain(builder) | {"material": 0}, materials=[material], extensionsRequired=list(older)
    )
    assert facts.colors == (("#ff0000", 1.0),)
    assert part.materials[0].opacity == pytest.approx(0.4)


def test_alpha_counts_only_where_the_material_is_blended(tmp_path):
    for mode, expected in [({}, 1.0), ({"alphaMode": "MASK"}, 1.0), ({"alphaMode": "BLEND"}, 0.3)]:
        builder = Builder()
        material = {"pbrMetallicRoughness": {"baseColorFactor": [1, 1, 1, 0.3]}, **mode}
        part, _ = read(tmp_path, builder, plain(builder) | {"material": 0}, materials=[material])
        assert part.materials[0].opacity == pytest.approx(expected)


def test_glass_that_transmits_light_is_see_through_but_not_invisible(tmp_path):
    builder = Builder()
    material = {"extensions": {"KHR_materials_transmission": {"transmissionFactor": 1.0}}}
    part, facts = read(tmp_path, builder, plain(builder) | {"material": 0}, materials=[material])
    assert part.materials[0].opacity == pytest.approx(0.2)
    assert not facts.num_faint


def test_the_color_of_corners_multiplies_that_of_the_material(tmp_path):
    builder = Builder()
    colors = builder.add(np.tile(np.array([255, 128, 0, 128], np.uint8), (4, 1)), normalized=True)
    material = {"alphaMode": "BLEND", "pbrMetallicRoughness": {"baseColorFactor": [0.5, 1, 1, 1]}}
    part, _ = read(tmp_path, builder, plain(builder, COLOR_0=colors) | {"material": 0}, materials=[material])
    assert part.materials[0].base_color == pytest.approx((0.5, 128 / 255, 0), abs=1e-3)
    assert part.materials[0].opacity == pytest.approx(128 / 255, abs=1e-3)


def test_textures_in_the_file_beside_it_and_in_its_text_count_by_their_mean(tmp_path):
    picture = io.BytesIO()
    Image.new("RGB", (2, 2), (0, 0, 255)).save(picture, "WEBP", lossless=True)
    (tmp_path / "blue one.webp").write_bytes(picture.getvalue())
    inline = "data:image/webp;base64," + base64.b64encode(picture.getvalue()).decode()
    for uri in ("blue%20one.webp", inline):
        builder = Builder()
        more = {
            "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
            "textures": [{"extensions": {"EXT_texture_webp": {"source": 0}}}],
            "images": [{"uri": uri}],
            "extensionsRequired": ["EXT_texture_webp", "KHR_texture_transform"],
        }
        _, facts = read(tmp_path, builder, plain(builder) | {"material": 0}, **more)
        assert facts.colors == (("#0000ff", 1.0),)


def test_strips_fans_sparse_values_and_missing_indices_are_triangles_too(tmp_path):
    for mode in (5, 6):
        builder = Builder()
        corners = np.array(
            [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)] if mode == 5 else [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)],
            np.float32,
        )
        _, facts = read(tmp_path, builder, {"attributes": {"POSITION": builder.add(corners)}, "mode": mode})
        assert facts.area_m2 == pytest.approx(1)
        assert facts.health.num_flipped_edges == 0
    builder = Builder()
    primitive = plain(builder)
    places, values = builder.add(np.array([1], np.uint16)), builder.add(np.array([(7, 0, 0)], np.float32))
    builder.accessors[primitive["attributes"]["POSITION"]]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": places, "componentType": KINDS["u2"]},
        "values": {"bufferView": values},
    }
    _, facts = read(tmp_path, builder, primitive)
    assert facts.size_m[0] == pytest.approx(7)


def test_mirrored_nodes_face_outwards_and_invisible_ones_are_not_drawn(tmp_path):
    builder = Builder()
    nodes = [
        {"children": [1, 2], "name": "Top"},
        {"mesh": 0, "scale": [-1, 1, 1], "name": "Left"},
        {"mesh": 0, "translation": [50, 0, 0], "extensions": {"KHR_node_visibility": {"visible": False}}},
    ]
    part, facts = read(tmp_path, builder, plain(builder), nodes)
    assert facts.volume_m3 == pytest.approx(1 / 6)
    assert part.node_names == ("Left",)
    assert [node.name for node in facts.tree] == ["Top", "Left"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("KHR_draco_mesh_compression", "compressed by Draco"),
        ("EXT_meshopt_compression", "compressed by meshopt"),
        ("KHR_texture_basisu", "compressed by KTX2"),
        ("VENDOR_new_geometry", "needs the glTF extension VENDOR_new_geometry"),
    ],
)
def test_what_is_not_read_is_refused_by_name_with_the_way_out(tmp_path, name, told):
    builder = Builder()
    with pytest.raises(CadError, match=f"{told}.*Export it without"):
        read(tmp_path, builder, plain(builder), extensionsUsed=[name], extensionsRequired=[name])
    _, facts = read(tmp_path, builder, plain(builder), extensionsUsed=[name])
    assert facts.num_triangles == 4, "what a file can do without refuses nothing"


def test_compressed_data_that_a_file_does_not_admit_to_need_are_refused_too(tmp_path):
    builder = Builder()
    primitive = plain(builder)
    del builder.accessors[primitive["attributes"]["POSITION"]]["bufferView"]
    with pytest.raises(CadError, match="compressed by Draco"):
        read(tmp_path, builder, primitive, extensionsUsed=["KHR_draco_mesh_compression"])


def test_a_missing_buffer_and_an_old_version_are_named(tmp_path):
    builder = Builder()
    tree = builder.tree([plain(builder)])
    tree["buffers"][0]["uri"] = "lost.bin"
    (tmp_path / "x.gltf").write_text(json.dumps(tree))
    with pytest.raises(CadError, match=r"refers to lost\.bin, which is not there"):
        read_here(tmp_path / "x.gltf")
    tree["asset"]["version"] = "1.0"
    (tmp_path / "x.gltf").write_text("\ufeff" + json.dumps(tree))
    with pytest.raises(CadError, match=r"glTF 1\.0, expected 2\.0"):
        read_here(tmp_path / "x.gltf")


@pytest.mark.shared
def test_the_cases_that_were_wrong_are_right(shared):
    cases = shared / "cases" / "cad"
    ((_, quantized),) = read_here(cases / "quantized.glb")
    np.testing.assert_allclose(quantized.size_m, 0.1, rtol=1e-4)
    ((_, copies),) = read_here(cases / "gpu_instancing.glb")
    assert copies.num_nodes == 3
    ((_, older),) = read_here(cases / "specgloss.glb")
    assert older.colors == (("#ff0000", 1.0),)
    ((_, corners),) = read_here(cases / "public" / "BoxVertexColors.glb")
    assert len(corners.colors) > 6
    with pytest.raises(CadError, match="Draco"):
        read_here(cases / "public" / "BoxDraco" / "Box.gltf")
