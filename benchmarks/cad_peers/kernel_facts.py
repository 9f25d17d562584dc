"""Exact volume, area and solids by the CAD kernel's own integrals: `python kernel_facts.py FILE...` prints JSON."""

import json
import sys
from pathlib import Path

from OCP.Bnd import Bnd_Box
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepGProp import BRepGProp
from OCP.GProp import GProp_GProps
from OCP.STEPControl import STEPControl_Reader
from OCP.TopAbs import TopAbs_ShapeEnum
from OCP.TopExp import TopExp_Explorer


def facts_of(path):
    reader = STEPControl_Reader()
    reader.ReadFile(path)
    reader.TransferRoots()
    shape = reader.OneShape()
    if shape is None or shape.IsNull():
        return {"error": "no shape"}
    volume, area = GProp_GProps(), GProp_GProps()
    BRepGProp.VolumeProperties_s(shape, volume)
    BRepGProp.SurfaceProperties_s(shape, area)
    solids, explorer = 0, TopExp_Explorer(shape, TopAbs_ShapeEnum.TopAbs_SOLID)
    while explorer.More():
        solids += 1
        explorer.Next()
    box = Bnd_Box()
    BRepBndLib.AddOptimal_s(shape, box, False, False)
    low, high = box.CornerMin(), box.CornerMax()
    size = [high.X() - low.X(), high.Y() - low.Y(), high.Z() - low.Z()]
    return {"volume_mm3": volume.Mass(), "area_mm2": area.Mass(), "solids": solids, "size_mm": size}


results = {}
for name in sys.argv[2:]:
    try:
        results[name] = facts_of(name)
    except Exception as error:  # noqa: BLE001
        results[name] = {"error": str(error)}
Path(sys.argv[1]).write_text(json.dumps(results))
