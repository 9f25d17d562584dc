"""Shapes made by the CAD kernel itself, and files of them in every exact format."""

from pathlib import Path

import pytest

from partsight.cad.process.processes import ReaderProcesses
from partsight.cad.process.worker import make_parts
from partsight.config.sections.cad import CadSection, PartSection

READERS = ReaderProcesses()
"""For all files that tests read in child processes: the CAD kernel is started once."""


@pytest.fixture(scope="session", autouse=True)
def _end_readers():
    with READERS:
        yield


def read_here(path: Path, cad: CadSection | None = None, **settings):
    """Read a file in this process: [(part, facts), …]."""
    section = PartSection(files=(path,), **settings)
    return make_parts(path.stem, path, section, cad or CadSection(remove_hidden=False))


@pytest.fixture(scope="session")
def box():
    """A box of 30 × 20 × 10 units with one corner at the origin."""
    from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox

    return BRepPrimAPI_MakeBox(30.0, 20.0, 10.0).Shape()


def write_step(path: Path, placed: list, unit: str = "MM") -> Path:
    """Write named and colored shapes at places: [(name, shape, (x, y, z), rgb or None), …], as one assembly."""
    from OCP.gp import gp_Trsf, gp_Vec
    from OCP.IFSelect import IFSelect_ReturnStatus
    from OCP.Interface import Interface_Static
    from OCP.Quantity import Quantity_Color, Quantity_TypeOfColor
    from OCP.STEPCAFControl import STEPCAFControl_Writer
    from OCP.TCollection import TCollection_ExtendedString
    from OCP.TDataStd import TDataStd_Name
    from OCP.TDocStd import TDocStd_Document
    from OCP.TopLoc import TopLoc_Location
    from OCP.XCAFDoc import XCAFDoc_ColorType, XCAFDoc_DocumentTool

    document = TDocStd_Document(TCollection_ExtendedString("BinXCAF"))
    shapes = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
    colors = XCAFDoc_DocumentTool.ColorTool_s(document.Main())
    root = shapes.NewShape()
    TDataStd_Name.Set_s(root, TCollection_ExtendedString("ROOT"))
    labels = {}
    for name, shape, place, rgb in placed:
        if id(shape) not in labels:
            labels[id(shape)] = shapes.AddShape(shape, False)
            TDataStd_Name.Set_s(labels[id(shape)], TCollection_ExtendedString(f"{name.rstrip('_0123456789')}_PRODUCT"))
            if rgb is not None:
                color = Quantity_Color(*rgb, Quantity_TypeOfColor.Quantity_TOC_sRGB)
                colors.SetColor(labels[id(shape)], color, XCAFDoc_ColorType.XCAFDoc_ColorSurf)
        move = gp_Trsf()
        move.SetTranslation(gp_Vec(*place))
        component = shapes.AddComponent(root, labels[id(shape)], TopLoc_Location(move))
        TDataStd_Name.Set_s(component, TCollection_ExtendedString(name))
    shapes.UpdateAssemblies()
    Interface_Static.SetCVal_s("write.step.unit", unit)
    writer = STEPCAFControl_Writer()
    writer.SetNameMode(True)
    writer.SetColorMode(True)
    assert writer.Transfer(document)
    assert writer.Write(str(path)) == IFSelect_ReturnStatus.IFSelect_RetDone
    Interface_Static.SetCVal_s("write.step.unit", "MM")
    return path
