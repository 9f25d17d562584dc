"""FreeCAD documents as FreeCAD writes them, made without it: XML, BREP files, and binary lists."""

import struct
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

IDENTITY = (0, 0, 0, 0, 0, 0, 1)


@dataclass
class Made:
    """One object: its properties as XML, and those of its view."""

    type: str
    properties: dict[str, str] = field(default_factory=dict)
    view: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    visible: bool = True


def write_document(path: Path, objects: dict[str, Made], files: dict[str, bytes], *, with_window: bool = True) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Document.xml", _document(objects))
        if with_window:
            archive.writestr("GuiDocument.xml", _views(objects))
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def at(x=0, y=0, z=0, quaternion=(0, 0, 0, 1)) -> str:
    numbers = zip(("Px", "Py", "Pz", "Q0", "Q1", "Q2", "Q3"), (x, y, z, *quaternion), strict=True)
    attributes = " ".join(f'{key}="{number}"' for key, number in numbers)
    return f"<PropertyPlacement {attributes}/>"


def shape(name: str) -> str:
    return f'<Part file="{name}"/>'


def members(*names: str) -> str:
    entries = "".join(f'<Link value="{name}"/>' for name in names)
    return f'<LinkList count="{len(names)}">{entries}</LinkList>'


def link(name: str, file: str = "", sub: str = "") -> str:
    return f'<XLink file="{file}" stamp="" name="{name}" sub="{sub}"/>'


def truth(*, value: bool) -> str:
    return f'<Bool value="{"true" if value else "false"}"/>'


def brep(kernel_shape) -> bytes:
    """A shape in FreeCAD's own form; its location is written with it."""
    import tempfile

    from OCP.BRepTools import BRepTools

    with tempfile.TemporaryDirectory() as folder:
        BRepTools.Write_s(kernel_shape, f"{folder}/x.brp")
        return Path(folder, "x.brp").read_bytes()


def appearance(*colors: tuple[int, float], dev_version: bool = False) -> bytes:
    """ShapeAppearance: packed diffuse colors and transparencies; three empty texts for each follow from 1.0 on."""
    entries = b"".join(
        struct.pack("<4I2f", 0x555555FF, packed, 0x888888FF, 0x000000FF, 0.9, transparency)
        for packed, transparency in colors
    )
    start = struct.pack("<i", -1) if dev_version else b""
    return start + struct.pack("<I", len(colors)) + entries + bytes(12 * len(colors))


def mesh(points, facets, order: str = "<") -> bytes:
    """A binary mesh; each triangle is followed by its neighbors, and all by the bounding box."""
    head = struct.pack(f"{order}II", 0xA0B0C0D0, 0x010000) + b"MESH-" * 51 + b"\n"
    rows = np.concatenate([np.asarray(facets), np.full((len(facets), 3), 0xFFFFFFFF)], axis=1)
    counts = struct.pack(f"{order}II", len(points), len(facets))
    body = np.asarray(points, f"{order}f4").tobytes() + rows.astype(f"{order}u4").tobytes()
    return head + counts + body + struct.pack(f"{order}6f", *([0.0] * 6))


def rows(width: int, values) -> bytes:
    """A list of placements (7 wide) or vectors (3 wide)."""
    flat = np.asarray(values, "<f8").reshape(-1, width)
    return struct.pack("<I", len(flat)) + flat.tobytes()


def _document(objects: dict[str, Made]) -> str:
    listed = "".join(f'<Object type="{made.type}" name="{name}"/>' for name, made in objects.items())
    data = "".join(
        f'<Object name="{name}" Extensions="True">{_extensions(made)}{_properties(made.properties)}</Object>'
        for name, made in objects.items()
    )
    return f"<Document><Objects>{listed}</Objects><ObjectData>{data}</ObjectData></Document>"


def _extensions(made: Made) -> str:
    entries = "".join(f'<Extension type="{kind}"/>' for kind in made.extensions)
    return f"<Extensions>{entries}</Extensions>"


def _views(objects: dict[str, Made]) -> str:
    views = "".join(
        f'<ViewProvider name="{name}">{_properties({"Visibility": truth(value=made.visible), **made.view})}</ViewProvider>'
        for name, made in objects.items()
    )
    return f"<Document><ViewProviderData>{views}</ViewProviderData></Document>"


def _properties(properties: dict[str, str]) -> str:
    inside = "".join(f'<Property name="{name}">{content}</Property>' for name, content in properties.items())
    return f"<Properties>{inside}</Properties>"
