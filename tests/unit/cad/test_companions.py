"""Files that CAD files name."""

import json
import time

import pytest

from partsight.cad.readers.companions import find_companions


def step(*names):
    documents = "".join(f"#{n}=DOCUMENT_FILE('{name}','','',#1,'',$);\n" for n, name in enumerate(names, 1))
    return f"ISO-10303-21;\nDATA;\n{documents}ENDSEC;\nEND-ISO-10303-21;\n"


def test_references_are_followed_down_the_tree(tmp_path):
    (tmp_path / "top.stp").write_text(step("Middle.stp", "lost.stp"))
    (tmp_path / "middle.stp").write_text(step("leaf.stp", "top.stp"))
    (tmp_path / "leaf.stp").write_text(step())
    found = find_companions(tmp_path / "top.stp")
    assert {name: path.name for name, path in found.found.items()} == {
        "Middle.stp": "middle.stp", "leaf.stp": "leaf.stp", "top.stp": "top.stp",
    }  # fmt: skip
    assert found.missing == ("lost.stp",)


def test_windows_paths_are_looked_for_beside_the_file(tmp_path):
    (tmp_path / "a.stp").write_text(step(r"C:\cad\b.stp"))
    (tmp_path / "b.stp").write_text(step())
    assert find_companions(tmp_path / "a.stp").missing == ()


def test_an_obj_names_its_materials_and_they_their_pictures(tmp_path):
    (tmp_path / "a.obj").write_text("mtllib a.mtl\nv 0 0 0\n")
    (tmp_path / "a.mtl").write_text("newmtl m\nmap_Kd -s 1 1 1 wood.png\n")
    assert find_companions(tmp_path / "a.obj").missing == ("wood.png",)


def test_a_gltf_names_its_buffers(tmp_path):
    (tmp_path / "a.gltf").write_text(json.dumps({"buffers": [{"uri": "a%20b.bin"}, {"uri": "data:;base64,"}]}))
    assert find_companions(tmp_path / "a.gltf").missing == ("a b.bin",)
    (tmp_path / "b.gltf").write_text("no JSON")
    assert find_companions(tmp_path / "b.gltf").missing == ()


def test_other_formats_name_nothing(tmp_path):
    (tmp_path / "a.stl").write_bytes(b"DOCUMENT_FILE('b.stp','')")
    assert find_companions(tmp_path / "a.stl").found == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.obj", b"mtllib a" + b" " * 200_000 + b"x"),
        ("b.obj", b"mtllib\n" * 100_000),
        ("a.mtl", b"map_Kd " + b"-o 1 1 1 " * 50_000 + b"\n"),
        ("b.mtl", b"map_Kd " + b" " * 200_000 + b"x y" + b" " * 200_000 + b"z"),
        ("a.step", b"DOCUMENT_FILE ( '" + b"''" * 200_000),
        ("a.gltf", b"[" * 500_000),
        ("c.obj", b"mtllib a\x00b.mtl\n"),
        ("b.gltf", b'{"buffers": [{"uri": "a%00b"}, {"uri": 7}, 5], "images": 3}'),
    ],
)
def test_looking_for_names_takes_no_longer_than_the_file_is(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    started = time.process_time()
    find_companions(path)
    assert time.process_time() - started < 3
