"""Run by FreeCAD: `freecadcmd freecad_facts.py`; PEER_ORDER names a JSON file that says which files, and where to write.

Reads each file, meshes it to STL at the tolerance asked for, and writes volume, area, box, solids and seconds as JSON.
"""

import json
import math
import os
import sys
import time
from pathlib import Path

import FreeCAD
import MeshPart
import Part


def facts_of(entry, folder):
    started = time.monotonic()
    shape = Part.Shape()
    shape.read(entry["path"])
    mesh = MeshPart.meshFromShape(
        Shape=shape, LinearDeflection=entry["deflection_mm"], AngularDeflection=math.radians(20), Relative=False
    )
    mesh.write(str(Path(folder) / (Path(entry["path"]).stem + ".stl")))
    seconds = time.monotonic() - started
    box = shape.BoundBox
    return {
        "seconds": seconds,
        "volume_mm3": shape.Volume,
        "area_mm2": shape.Area,
        "size_mm": [box.XLength, box.YLength, box.ZLength],
        "solids": len(shape.Solids),
        "triangles": mesh.CountFacets,
    }


def colors_of(entry):
    """Area in mm² of each color that FreeCAD shows, #rrggbb."""
    import ImportGui

    document = FreeCAD.newDocument()
    ImportGui.insert(entry["path"], document.Name)
    areas = {}
    for thing in document.Objects:
        if not hasattr(thing, "Shape") or thing.TypeId in {"App::Part", "App::Link"} or not thing.Shape.Faces:
            continue
        if thing.TypeId == "Part::Compound":
            continue
        colors = thing.ViewObject.DiffuseColor
        for number, face in enumerate(thing.Shape.Faces):
            color = colors[number] if len(colors) == len(thing.Shape.Faces) else colors[0]
            name = "#{:02x}{:02x}{:02x}".format(*(round(255 * part) for part in color[:3]))
            areas[name] = areas.get(name, 0.0) + face.Area
    FreeCAD.closeDocument(document.Name)
    return areas


order = json.loads(Path(os.environ["PEER_ORDER"]).read_text())
if order["colors"]:
    import FreeCADGui

    FreeCADGui.showMainWindow()
found = {}
for entry in order["files"]:
    try:
        found[entry["path"]] = colors_of(entry) if order["colors"] else facts_of(entry, order["out"])
    except Exception as error:  # noqa: BLE001
        found[entry["path"]] = {"error": str(error) or type(error).__name__}
    Path(order["result"]).write_text(json.dumps(found))
sys.stdout.flush()
os._exit(0)
