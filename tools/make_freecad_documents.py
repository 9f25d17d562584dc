"""Writes the two FreeCAD documents that the tests read; run by FreeCAD itself, with and without its window:

    cd tests/unit/cad/files
    freecadcmd ../../../../tools/make_freecad_documents.py headless.FCStd
    export PARTSIGHT_WINDOW=1 QT_QPA_PLATFORM=offscreen
    freecadcmd ../../../../tools/make_freecad_documents.py painted.FCStd

A turned plate, a link to it, a cut, a cylinder in a moved assembly, a body with a feature; with a window also a hidden box
and colors.
"""

import os
import sys

import FreeCAD
import Part  # noqa: F401  # registers the shapes

has_window = "PARTSIGHT_WINDOW" in os.environ
if has_window:
    import FreeCADGui

    FreeCADGui.showMainWindow()

document = FreeCAD.newDocument("parts")


def place(x, y, z, angle=0):
    return FreeCAD.Placement(FreeCAD.Vector(x, y, z), FreeCAD.Rotation(FreeCAD.Vector(0, 0, 1), angle))


plate = document.addObject("Part::Box", "Box")
plate.Label, plate.Length, plate.Width, plate.Height, plate.Placement = "Base plate", 30, 20, 10, place(5, 0, 0, 90)
cylinder = document.addObject("Part::Cylinder", "Cyl")
cylinder.Radius, cylinder.Height = 4, 40
block, ball = document.addObject("Part::Box", "B2"), document.addObject("Part::Sphere", "S2")
cut = document.addObject("Part::Cut", "Cut")
cut.Base, cut.Tool = block, ball
assembly = document.addObject("App::Part", "Assembly")
assembly.Placement = place(100, 0, 0)
assembly.addObject(cylinder)
link = document.addObject("App::Link", "Link")
link.LinkedObject, link.Placement = plate, place(0, 0, 50)
body, feature = document.addObject("PartDesign::Body", "Body"), document.addObject("PartDesign::AdditiveBox", "AB")
body.addObject(feature)
feature.Length = feature.Width = feature.Height = 7
body.Placement = place(-50, 0, 0)
if has_window:
    hidden = document.addObject("Part::Box", "Hidden")
    hidden.Placement = place(0, 500, 0)
    document.recompute()
    plate.ViewObject.ShapeColor = (0.8, 0.1, 0.1)
    cylinder.ViewObject.DiffuseColor = [(0.0, 0.6, 0.2), (0.1, 0.2, 0.9), (0.9, 0.9, 0.1)]
    for ingredient in (block, ball, hidden):
        ingredient.ViewObject.Visibility = False
document.recompute()
document.saveAs(os.path.abspath(sys.argv[-1]))
