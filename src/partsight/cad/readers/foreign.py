"""Files of CAD programs that only the program itself can open: refused by name, with the way to a file that can be read."""

from collections.abc import Mapping
from pathlib import Path

_SAVE = "File > Save As > STEP"
_EXPORT = "File > Export > STEP"
_GLTF = "File > Export > glTF 2.0 (.glb)"
_PROGRAMS: tuple[tuple[str, str, str], ...] = (
    ("SolidWorks", _SAVE, ".sldprt .sldasm .slddrw"),
    ("Inventor", "File > Export > CAD Format > STEP", ".ipt .iam .ipn .idw"),
    ("Fusion", _EXPORT, ".f3d .f3z"),
    ("CATIA", _SAVE, ".catpart .catproduct .catdrawing .catshape .cgr .3dxml"),
    ("NX or Creo", _SAVE, ".prt"),
    ("Creo or Solid Edge", _SAVE, ".asm"),
    ("Solid Edge", _SAVE, ".par .psm .pwd"),
    ("Creo", _SAVE, ".neu .xpr .xas"),
    ("JT", "Export STEP in the program that wrote it (viewers cannot).", ".jt"),
    ("Parasolid", "Export STEP in a program that opens Parasolid.", ".x_t .x_b .xmt .xmt_txt .xmt_bin"),
    ("ACIS", "Export STEP in a program that opens ACIS.", ".sat .sab .asat .asab"),
    ("AutoCAD", "If it holds solids, export STEP or STL there; a flat drawing has no shape.", ".dwg .dxf .dwf .dwt"),
    ("MicroStation", _EXPORT, ".dgn"),
    ("Rhino", "File > Export Selected > STEP", ".3dm"),
    ("SketchUp", "File > Export > 3D Model > glTF or STL", ".skp"),
    ("Revit or BIM", "Open it in FreeCAD and save it as .FCStd, or export STEP.", ".rvt .rfa .ifc .ifczip"),
    ("Blender", _GLTF, ".blend"),
    ("Maya, 3ds Max or FBX", "Open it there or in Blender and export glTF 2.0 (.glb).", ".fbx .ma .mb .max .3ds"),
    ("Cinema 4D", _GLTF, ".c4d"),
    ("COLLADA", "Open it in FreeCAD or Blender 4 and export glTF 2.0 (.glb).", ".dae .zae"),
    ("VRML or X3D", "Open it in FreeCAD or MeshLab and export PLY or OBJ.", ".wrl .vrml .x3d .x3dv .x3db"),
    ("OpenSCAD", "Render it there (F6) and export 3MF or STL.", ".scad .csg"),
    ("USD", "Open it in Blender and export glTF 2.0 (.glb).", ".usd .usda .usdc .usdz"),
    ("AMF", "Open it in a slicer and export 3MF.", ".amf"),
    ("3D PDF", "Ask for the STEP file that it was made of.", ".pdf .prc .u3d"),
    (
        "an archiver",
        "Unpack it and name the folder; STEP in a zip or gzip is read as .stpz.",
        ".zip .7z .rar .tar .gz .tgz .bz2 .xz",
    ),
)
_BY_SUFFIX: Mapping[str, tuple[str, str]] = {
    suffix: (program, way_out) for program, way_out, suffixes in _PROGRAMS for suffix in suffixes.split()
}
_POINTERS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs.github.com/spec", "is a pointer of Git LFS, not the file itself: run `git lfs pull` in its folder"),
    (b"version https://hawser.github.com/spec", "is a pointer of Git LFS, not the file itself: run `git lfs pull` in its folder"),
    (b"/annex/objects/", "is a pointer of git-annex, not the file itself: run `git annex get` on it"),
    (b"<!doctype html", "is a web page, not the file itself: download it again, signed in where that is needed"),
    (b"<html", "is a web page, not the file itself: download it again, signed in where that is needed"),
)  # fmt: skip
_PACKED = ((b"PK\x03\x04", "a zip"), (b"\x1f\x8b", "a gzip"), (b"7z\xbc\xaf", "a 7z"), (b"Rar!", "a RAR"))


def is_foreign(path: Path) -> bool:
    """Return whether a file is of a CAD program that only the program itself can open."""
    return _suffix(path) in _BY_SUFFIX


def why_foreign(path: Path) -> str:
    """Say what program a file is of and how to get out of it; "" for other files."""
    if not is_foreign(path):
        return ""
    program, way_out = _BY_SUFFIX[_suffix(path)]
    step = f"In {program} choose {way_out}." if way_out.startswith("File") else way_out
    return f"is a file of {program}, which is not read. {step}"


def why_no_content(path: Path, *, may_be_packed: bool) -> str:
    """Say why what a file holds cannot be what its name says, whatever its format; "" where it can."""
    with path.open("rb") as file:
        start = file.read(200)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    pointer = next((told for mark, told in _POINTERS if text.startswith(mark)), "")
    packed = next((kind for mark, kind in _PACKED if start.startswith(mark)), "")
    if packed and not may_be_packed:
        return f"is {packed} archive inside: unpack it; a packed STEP file is read when its name ends in .stpz"
    return pointer


def _suffix(path: Path) -> str:
    """Return the suffix in lower case; Creo puts a version behind its own: part.prt.12."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[-2] if len(suffixes) > 1 and suffixes[-1][1:].isdigit() else (suffixes or [""])[-1]
