"""3MF: every unit, colors of every kind of property, parts out of sub-files, and what is not drawn is told."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from partsight.errors import CadError
from tests.unit.cad.conftest import read_here

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
PREFIXES = {
    "m": "http://schemas.microsoft.com/3dmanufacturing/material/2015/02",
    "p": "http://schemas.microsoft.com/3dmanufacturing/production/2015/06",
    "b": "http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02",
    "s": "http://schemas.microsoft.com/3dmanufacturing/slice/2015/07",
    "v": "http://schemas.3mf.io/3dmanufacturing/volumetric/2022/01",
}
CORNERS = ((0, 0, 0), (6, 0, 0), (0, 6, 0), (0, 0, 6))
FACES = ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))


def mesh(attributes=("",) * 4, extra="", size=1.0) -> str:
    """A tetrahedron of 36 cubic units; one text of attributes for each triangle."""
    vertices = "".join(f'<vertex x="{x * size}" y="{y * size}" z="{z * size}"/>' for x, y, z in CORNERS)
    faces = zip(FACES, attributes, strict=True)
    triangles = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}" {more}/>' for (a, b, c), more in faces)
    return f"<mesh><vertices>{vertices}</vertices><triangles>{triangles}</triangles>{extra}</mesh>"


def model(resources: str, build: str, attributes: str = "") -> str:
    names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
    return (
        f'<model xmlns="{CORE}" {names} {attributes}><resources>{resources}</resources><build>{build}</build></model>'
    )


def write(path: Path, files: dict[str, str | bytes], start: str = "/3D/3dmodel.model") -> Path:
    kind = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "_rels/.rels", f'<Relationships><Relationship Type="{kind}" Target="{start}"/></Relationships>'
        )
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def single(path: Path, content: str, resources: str = "", attributes: str = "", of_object: str = ""):
    text = model(f'{resources}<object id="1" {of_object}>{content}</object>', '<item objectid="1"/>', attributes)
    ((part, facts),) = read_here(write(path, {"3D/3dmodel.model": text}))
    return part, facts


@pytest.mark.parametrize(
    ("unit", "meters"),
    [
        ("micron", 1e-6),
        ("", 1e-3),
        ("millimeter", 1e-3),
        ("centimeter", 1e-2),
        ("inch", 0.0254),
        ("foot", 0.3048),
        ("meter", 1),
    ],
)
def test_every_unit_of_the_standard_is_read(tmp_path, unit, meters):
    _, facts = single(tmp_path / "x.3mf", mesh(), attributes=f'unit="{unit}"' if unit else "")
    np.testing.assert_allclose(facts.size_m, 6 * meters)


def test_an_unknown_unit_is_refused(tmp_path):
    with pytest.raises(CadError, match="unit 'yard', expected one of micron"):
        single(tmp_path / "x.3mf", mesh(), attributes='unit="yard"')


def test_base_materials_give_color_opacity_and_the_name_of_the_material(tmp_path):
    bases = (
        '<basematerials id="5"><base name="Blue" displaycolor="#0000FF"/>'
        '<base name="Brass" displaycolor="#FF0000CC"/></basematerials>'
    )
    part, facts = single(
        tmp_path / "x.3mf", mesh(('pid="5" p1="1"', "", "", "")), bases, of_object='pid="5" pindex="0"'
    )
    assert set(dict(facts.colors)) == {"#0000ff", "#ff0000"}
    assert sorted(material.opacity for material in part.materials) == [pytest.approx(0.8), 1.0]


def test_a_color_group_colors_triangles_and_mixes_the_colors_of_corners(tmp_path):
    colors = '<m:colorgroup id="7"><m:color color="#FF0000"/><m:color color="#00FF00"/></m:colorgroup>'
    attributes = ('pid="7" p1="0"', 'pid="7" p1="1"', 'pid="7" p1="0" p2="0" p3="1"', "")
    _, facts = single(tmp_path / "x.3mf", mesh(attributes), colors)
    assert {"#ff0000", "#00ff00", "#d59c00"} < set(dict(facts.colors))
    assert len(facts.colors) == 4


def test_composites_and_layers_of_properties_are_mixed(tmp_path):
    groups = (
        '<basematerials id="1"><base name="a" displaycolor="#FF0000"/><base name="b" displaycolor="#0000FF"/></basematerials>'
        '<m:colorgroup id="2"><m:color color="#00FF0000"/><m:color color="#00FF00"/></m:colorgroup>'
        '<m:compositematerials id="3" matid="1" matindices="0 1"><m:composite values="1 0"/>'
        '<m:composite values="0.5 0.5"/></m:compositematerials>'
        '<m:multiproperties id="4" pids="1 2"><m:multi pindices="1 0"/><m:multi pindices="1 1"/></m:multiproperties>'
    )
    attributes = ('pid="3" p1="0"', 'pid="3" p1="1"', 'pid="4" p1="0"', 'pid="4" p1="1"')
    text = model(f'{groups}<object id="9">{mesh(attributes)}</object>', '<item objectid="9"/>')
    ((_, facts),) = read_here(write(tmp_path / "x.3mf", {"3D/3dmodel.model": text}))
    assert set(dict(facts.colors)) == {"#ff0000", "#bc00bc", "#0000ff", "#00ff00"}


def test_a_texture_counts_by_its_mean_color_and_that_is_told(tmp_path):
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), (0, 255, 0)).save(picture, "PNG")
    resources = (
        '<m:texture2d id="1" path="/3D/Textures/Green.png" contenttype="image/png"/>'
        '<m:texture2dgroup id="2" texid="1"><m:tex2coord u="0" v="0"/></m:texture2dgroup>'
    )
    text = model(f'{resources}<object id="3" pid="2" pindex="0">{mesh()}</object>', '<item objectid="3"/>')
    files = {"3D/3dmodel.model": text, "3D/textures/green.png": picture.getvalue()}
    ((_, facts),) = read_here(write(tmp_path / "x.3mf", files))
    assert facts.colors == (("#00ff00", 1.0),)
    assert "textures, which count by their mean color" in facts.warnings


def test_components_stand_where_their_transforms_put_them_mirrored_ones_too(tmp_path):
    """Rows of a matrix multiplied from the right: x goes along y here; the second copy is mirrored."""
    parts = (
        '<component objectid="1" transform="0 1 0 -1 0 0 0 0 1 0 0 0"/>'
        '<component objectid="1" transform="-1 0 0 0 1 0 0 0 1 100 0 0"/>'
    )
    resources = f'<object id="1" name="Tip">{mesh()}</object><object id="2" name="Pair"><components>{parts}</components></object>'
    text = model(resources, '<item objectid="2" transform="2 0 0 0 2 0 0 0 2 0 0 0"/>')
    ((part, facts),) = read_here(write(tmp_path / "x.3mf", {"3D/3dmodel.model": text}))
    np.testing.assert_allclose(np.array(facts.size_m) * 1000, [212, 12, 12])
    assert facts.volume_m3 * 1e9 == pytest.approx(2 * 36 * 8)
    assert part.node_names == ("Tip", "Tip (2)")
    assert facts.repeated == (("Tip", 2),)


def test_parts_come_from_the_sub_file_that_item_or_component_names(tmp_path):
    """One object number in three files, in two units, is three objects; letters of names may differ in case."""
    root = model(
        f'<object id="1">{mesh()}</object><object id="2"><components><component objectid="1"/>'
        '<component objectid="1" p:path="/3D/Objects/big%20one.model" transform="1 0 0 0 1 0 0 0 1 50 0 0"/></components></object>',
        '<item objectid="2"/><item objectid="1" p:path="/3d/objects/INCH.model" transform="1 0 0 0 1 0 0 0 1 0 100 0"/>',
        'requiredextensions="p" unit="millimeter"',
    )
    files = {
        "3D/3dmodel.model": root,
        "3D/Objects/big one.model": model(f'<object id="1">{mesh(size=2)}</object>', ""),
        "3D/Objects/inch.model": model(f'<object id="1">{mesh(size=1 / 25.4)}</object>', "", 'unit="inch"'),
    }
    ((part, facts),) = read_here(write(tmp_path / "x.3mf", files))
    assert facts.volume_m3 * 1e9 == pytest.approx(36 + 8 * 36 + 36)
    np.testing.assert_allclose(np.array(facts.size_m[:2]) * 1000, [62, 106])
    assert len(part.node_names) == 3


def test_beams_slices_and_supports_are_told(tmp_path):
    beams = '<b:beamlattice minlength="1" radius="1"><b:beams><b:beam v1="0" v2="1"/></b:beams></b:beamlattice>'
    _, facts = single(
        tmp_path / "x.3mf", mesh(extra=beams), attributes='requiredextensions="b s"', of_object='s:slicestackid="3"'
    )
    assert facts.warnings[:2] == ("beams, which are not drawn", "slices, which are not drawn")
    two = f'<object id="1">{mesh()}</object><object id="2" type="support">{mesh(size=9)}</object>'
    text = model(two, '<item objectid="1"/><item objectid="2"/>')
    ((_, facts),) = read_here(write(tmp_path / "y.3mf", {"3D/3dmodel.model": text}))
    assert facts.warnings == ("supports of the print, which are left out",)
    assert facts.num_triangles == 4
    with pytest.raises(CadError, match=r"holds no triangles \(only beams, which are not drawn\)"):
        single(tmp_path / "z.3mf", f"<mesh><vertices/><triangles/>{beams}</mesh>")


def test_an_extension_that_changes_what_is_meant_is_refused_by_name(tmp_path):
    with pytest.raises(CadError, match=r"needs the 3MF extension http://schemas\.3mf\.io.*volumetric.*core 3MF"):
        single(tmp_path / "x.3mf", mesh(), attributes='requiredextensions="v"')


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "<mesh><vertices><vertex x='0' y='0' z='0'/></vertices><triangles><triangle v1='0' v2='1' v3='2'/></triangles></mesh>",
            "corner 2",
        ),
        ("<components><component objectid='1'/></components>", "contains itself"),
        ("<components><component objectid='8'/></components>", "object 8 is not in"),
        ("<mesh><vertices><vertex x='a' y='0' z='0'/></vertices><triangles/></mesh>", "not a 3MF file"),
    ],
)
def test_a_damaged_model_is_explained(tmp_path, content, told):
    with pytest.raises(CadError, match=told):
        single(tmp_path / "x.3mf", content)


@pytest.mark.shared
def test_the_cases_that_were_wrong_are_right(shared):
    cases = shared / "cases" / "cad"
    ((_, colored),) = read_here(cases / "t_color.3mf")
    assert colored.colors == (("#ff0000", 1.0),)
    ((_, small),) = read_here(cases / "t_micron.3mf")
    np.testing.assert_allclose(small.size_m, [20e-6, 30e-6, 40e-6])
    ((_, split),) = read_here(cases / "public" / "production_components.3mf")
    np.testing.assert_allclose(split.size_m, [0.025, 0.01, 0.01])
