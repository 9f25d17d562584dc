"""Defects are asked of exact surfaces: each planted one is found, and sound files are not blamed for any."""

from pathlib import Path

import pytest

from partsight.cad.readers.exact.exploring import explore
from partsight.cad.readers.exact.soundness import examine_shape, signature
from tests.unit.cad.assemblies import Assembly
from tests.unit.cad.conftest import read_here

SOUND = (
    "real/step_kicad/AMASS_XT60-M_1x02_P7.2mm_Vertical.step",
    "real/step_kicad/SW_SPST_EVQPE1.step",
    "real/step_kicad/BatteryHolder_Keystone_3000_1x12mm.step",
    "real/step_exchange/cax-if/as1-oc-214.stp",
    "real/step_o2ac/02-PANEL.step",
    "cases/cad/public/umbilical_mount_bottom.step",
)


def faces_of(shape):
    from OCP.TopAbs import TopAbs_ShapeEnum

    return list(explore(shape, TopAbs_ShapeEnum.TopAbs_FACE))


def shell_of(faces, *, apart=False):
    """Return a shell of faces; set apart they share no edges."""
    from OCP.BRep import BRep_Builder
    from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy
    from OCP.TopoDS import TopoDS_Shell

    builder, shell = BRep_Builder(), TopoDS_Shell()
    builder.MakeShell(shell)
    for face in faces:
        builder.Add(shell, BRepBuilderAPI_Copy(face).Shape() if apart else face)
    return shell


def solid_of(shell):
    from OCP.BRep import BRep_Builder
    from OCP.TopoDS import TopoDS_Solid

    builder, solid = BRep_Builder(), TopoDS_Solid()
    builder.MakeSolid(solid)
    builder.Add(solid, shell)
    return solid


def write_brep(shape, path):
    """BREP files keep shapes as they are: readers of STEP mend some defects on their own."""
    from OCP.BRepTools import BRepTools

    BRepTools.Write_s(shape, str(path))
    return path


def write(shape, path):
    made = Assembly()
    made.product("planted", shape)
    return made.write(path)


@pytest.mark.parametrize("as_solid", [True, False])
@pytest.mark.parametrize("writer", [write, write_brep])
def test_a_missing_face_leaves_open_edges_and_no_volume(box, tmp_path, as_solid, writer):
    shell = shell_of(faces_of(box)[:-1])
    path = writer(solid_of(shell) if as_solid else shell, tmp_path / f"a.{'step' if writer is write else 'brep'}")
    ((_, facts),) = read_here(path)
    assert (facts.health.num_open_edges, facts.volume_m3) == (4, None)
    assert facts.warnings == ("4 open edges: the surface has holes",)


@pytest.mark.parametrize("as_solid", [True, False])
@pytest.mark.parametrize("writer", [write, write_brep])
def test_faces_that_are_not_joined_are_told_and_enclose_their_volume(box, tmp_path, as_solid, writer):
    shell = shell_of(faces_of(box), apart=True)
    path = writer(solid_of(shell) if as_solid else shell, tmp_path / f"a.{'step' if writer is write else 'brep'}")
    ((_, facts),) = read_here(path)
    assert (facts.health.num_open_edges, facts.volume_m3) == (0, pytest.approx(6e-6))
    assert facts.warnings == ("24 edges lie on each other without being joined: join the faces to a solid",)


def test_a_flipped_face_is_told(box, tmp_path):
    first, *others = faces_of(box)
    ((_, facts),) = read_here(write_brep(solid_of(shell_of([first.Reversed(), *others])), tmp_path / "a.brep"))
    assert facts.warnings == ("4 edges between faces that face opposite ways",)


def test_the_reader_of_step_turns_a_flipped_face(box, tmp_path):
    first, *others = faces_of(box)
    ((_, facts),) = read_here(write(solid_of(shell_of([first.Reversed(), *others])), tmp_path / "a.step"))
    assert (facts.warnings, facts.volume_m3) == ((), pytest.approx(6e-6))


def test_a_solid_inside_out_is_told(box, tmp_path):
    ((_, facts),) = read_here(write_brep(box.Reversed(), tmp_path / "a.brep"))
    assert facts.warnings == ("1 solid(s) are inside out: all their faces face inwards",)
    assert facts.volume_m3 == pytest.approx(6e-6)


def test_a_solid_that_lies_in_the_file_twice_is_told(box, tmp_path):
    from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy

    made = Assembly()
    root, block, copy = (
        made.product("root"), made.product("block", box), made.product("copy", BRepBuilderAPI_Copy(box).Shape())
    )  # fmt: skip
    for number, (product, place) in enumerate([(block, 0), (copy, 0), (block, 40), (block, 40)]):
        made.put(root, product, f"block {number}", (place, 0, 0))
    ((_, facts),) = read_here(made.write(tmp_path / "a.step"))
    assert facts.warnings == ("2 solid(s) lie where an equal one lies already: remove one of the two",)


def test_a_solid_turned_about_its_center_is_another_one(box):
    from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
    from OCP.gp import gp_Ax1, gp_Dir, gp_Pnt, gp_Trsf

    turn = gp_Trsf()
    turn.SetRotation(gp_Ax1(gp_Pnt(15, 10, 5), gp_Dir(0, 0, 1)), 1.5707963267948966)
    turned = BRepBuilderAPI_Transform(box, turn, True).Shape()
    marks = [signature(examine_shape(shape, 0.01).solids[0], eye()) for shape in (box, turned, box)]
    assert marks[0] == marks[2] != marks[1]


def eye():
    import numpy as np

    return np.eye(4)


@pytest.mark.shared
@pytest.mark.parametrize("name", SOUND)
def test_sound_files_are_not_blamed(shared, name):
    ((_, facts),) = read_here(Path(shared) / name)
    assert facts.warnings == ()
    assert facts.volume_m3 > 0


@pytest.mark.shared
def test_faces_of_iges_are_sewn_before_they_are_called_open(shared):
    """Its volume is that of the same assembly as STEP."""
    ((_, iges),) = read_here(Path(shared) / "cases/cad/public/as1_pe_203.igs")
    ((_, step),) = read_here(Path(shared) / "real/step_exchange/cax-if/as1_pe_203.stp")
    assert (iges.health.num_open_edges, iges.warnings) == (0, ())
    assert iges.volume_m3 == pytest.approx(step.volume_m3, rel=1e-6)


@pytest.mark.shared
def test_axes_beside_a_shaft_do_not_make_it_coarser(shared):
    ((part, facts),) = read_here(Path(shared) / "cases/cad/shaft_axis_50000.step")
    assert facts.size_m[2] == pytest.approx(0.2, rel=1e-3)
    assert len(part.mesh.triangles) > 60
