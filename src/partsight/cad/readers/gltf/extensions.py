"""Which glTF extensions are honored, and which files are refused for theirs."""

from pathlib import Path
from typing import Any

from partsight.errors import CadError

COMPRESSED = {
    "KHR_draco_mesh_compression": "Draco",
    "EXT_meshopt_compression": "meshopt",
    "KHR_meshopt_compression": "meshopt",
    "KHR_texture_basisu": "KTX2 (Basis Universal)",
}
"""Packed by a method for which there is no reader here."""
_HONORED = frozenset({
    "KHR_mesh_quantization", "EXT_mesh_gpu_instancing", "KHR_node_visibility", "KHR_texture_transform",
    "EXT_texture_webp", "EXT_texture_avif", "KHR_lights_punctual", "KHR_xmp_json_ld", "KHR_xmp", "EXT_lights_image_based",
    "EXT_mesh_features", "EXT_structural_metadata", "EXT_instance_features", "EXT_feature_metadata", "MSFT_lod",
    "CESIUM_primitive_outline", "KHR_animation_pointer", "KHR_node_hoverability", "KHR_node_selectability", "CESIUM_RTC",
})  # fmt: skip
"""Read, or of no consequence for what a part looks like at rest."""
_LOOKS = "KHR_materials_"
"""Extensions of materials change the look only; color and transparency are read from them."""
_WAY_OUT = "Export it without compression (most exporters have a box for it; Blender opens it and exports it anew), or as STEP or STL."


def check_extensions(path: Path, tree: dict[str, Any]) -> None:
    """Refuse a file that cannot be drawn as it is meant. Raises CadError that names the extension."""
    for name in _needed(tree):
        if name in COMPRESSED:
            raise CadError(f"{path}: is compressed by {COMPRESSED[name]} ({name}), which is not read. {_WAY_OUT}")
        if name not in _HONORED and not name.startswith(_LOOKS):
            raise CadError(
                f"{path}: needs the glTF extension {name}, which is not read. Export it without, or as STEP or STL."
            )


def packed_remarks(tree: dict[str, Any]) -> tuple[str, ...]:
    """Return what of a file is packed without need: what it holds beside it is read."""
    optional = set(tree.get("extensionsUsed", [])) - set(tree.get("extensionsRequired", []))
    return tuple(
        f"{method} data ({name}), which are not read: what stands beside them is used"
        for name, method in COMPRESSED.items()
        if name in optional
    )


def _needed(tree: dict[str, Any]) -> list[str]:
    """Return the extensions without which something is missing, whether or not the file admits it."""
    needed = list(tree.get("extensionsRequired", []))
    is_empty = any(not {"bufferView", "sparse"} & set(accessor) for accessor in tree.get("accessors", []))
    has_placeholder = any(_is_placeholder(buffer) for buffer in tree.get("buffers", []))
    used = sorted(set(tree.get("extensionsUsed", [])) & set(COMPRESSED))
    drawn_from = {"draco": is_empty, "meshopt": has_placeholder}
    return needed + [name for name in used if any(is_so and word in name for word, is_so in drawn_from.items())]


def _is_placeholder(buffer: dict[str, Any]) -> bool:
    return any(isinstance(entry, dict) and entry.get("fallback") for entry in buffer.get("extensions", {}).values())
