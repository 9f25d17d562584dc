"""Parts on the page: what is dropped becomes a class, what is wrong is told, nothing lies elsewhere."""

import socket
import time
import tomllib

import pytest

from partsight.web.received import safe_name


def test_the_first_file_begins_the_recipe_and_the_next_one_joins(filled):
    found = tomllib.loads(filled.project.recipe_path.read_text())
    assert {name: part["files"] for name, part in found["parts"].items()} == {
        "cube": ["cad/cube.stl"],
        "ball": ["cad/ball.stl"],
    }
    assert filled.get("/api/project")["classes"] == ["cube", "ball"]


def test_parts_come_with_size_tree_picture_and_mesh_and_what_looks_alike(filled):
    found = filled.parts()
    cube, ball = found["parts"]
    assert cube["state"] == ball["state"] == "ready"
    assert cube["size_mm"] == [40, 30, 20]
    assert filled.client.get("/api/parts/mesh", params={"name": "cube"}).content[:4] == b"glTF"
    assert filled.client.get("/api/parts/picture", params={"name": "cube"}).content[:4] == b"\x89PNG"
    (pair,) = found["pairs"]
    assert "cube" in pair
    assert "ball" in pair


def test_a_file_that_is_none_is_told_where_it_stands(page, cube):
    page.send_file("/api/parts/upload", "good.stl", cube)
    page.send_file("/api/parts/upload", "bad.step", b"not a STEP file")
    good, bad = page.parts()["parts"]
    assert good["state"] == "ready"
    assert bad["state"] == "problem"
    assert "bad.step" in bad["problem"]


def test_a_change_of_the_recipe_reads_the_part_anew(page, cube):
    page.send_file("/api/parts/upload", "cube.stl", cube)
    before = page.parts()["parts"][0]
    revision = page.get("/api/project")["revision"]
    answer = page.client.put("/api/recipe", json={"revision": revision, "changes": {"parts.cube.unit": "cm"}})
    assert answer.status_code == 200
    after = page.parts()["parts"][0]
    assert after["size_mm"] == [400, 300, 200]
    assert after["mark"] != before["mark"]


def test_the_same_name_twice_is_told_and_leaves_no_file(filled, cube):
    answer = filled.send_file("/api/parts/upload", "cube.stl", cube)
    assert answer.status_code == 200  # a second file gets a number, and so a class of its own
    assert answer.json() == {"added": ["cube-2"]}
    assert sorted(path.name for path in (filled.project.folder / "cad").iterdir()) == [
        "ball.stl",
        "cube-2.stl",
        "cube.stl",
    ]


def test_a_file_of_another_kind_is_told_and_leaves_nothing(page):
    answer = page.send_file("/api/parts/upload", "notes.txt", b"hello")
    assert answer.status_code == 400
    assert "notes.txt: no CAD file" in answer.json()["problem"]
    assert not list((page.project.folder / "cad").iterdir())
    assert not page.project.has_recipe


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\parts\\QD.step", "QD.step"),
        ("a\nb\x00.step", "a_b_.step"),
        ("..", ""),
        (".hidden.step", "hidden.step"),
        ("Schraube M8 (neu).stp", "Schraube M8 (neu).stp"),
        ("x" * 300 + ".step", "x" * 120 + ".step"),
        ("<b>.step", "_b_.step"),
    ],
)
def test_names_of_files_name_no_other_place(given, kept):
    assert safe_name(given) == kept


def test_a_body_that_is_cut_short_leaves_no_file(page):
    address = (page.client.base_url.host, page.client.base_url.port)
    head = (
        f"POST /api/parts/upload?name=a.stl HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\nContent-Length: 999\r\n"
        f"Authorization: {page.client.headers['Authorization']}\r\n\r\nsolid"
    )
    with socket.create_connection(address) as client:
        client.sendall(head.encode())
        time.sleep(0.5)
    wait_until(lambda: not list((page.project.folder / "cad").glob("*")))
    assert not page.project.has_recipe


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_folders_of_this_machine_are_added_where_they_lie(page, cube, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.stl").write_bytes(cube)
    answer = page.client.post("/api/parts/add", json={"paths": [str(tmp_path / "elsewhere")]})
    assert answer.json() == {"added": ["a"]}
    assert page.project.recipe().parts["a"].files == (tmp_path / "elsewhere" / "a.stl",)
    missing = page.client.post("/api/parts/add", json={"paths": ["/no/such/folder"]})
    assert missing.status_code == 400
    assert "no such file" in missing.json()["problem"]


def test_a_new_project_can_begin_with_the_sample_parts_and_only_a_new_one(page):
    added = page.client.post("/api/parts/samples").json()["added"]
    assert len(added) == 5
    assert page.get("/api/project")["classes"] == added
    assert page.client.post("/api/parts/samples").status_code == 400


def test_a_class_is_renamed_with_all_that_was_said_of_it(filled):
    revision = filled.get("/api/project")["revision"]
    changes = {"parts.cube.materials": {"*": "plastic #f2c200"}}
    assert filled.client.put("/api/recipe", json={"revision": revision, "changes": changes}).status_code == 200
    assert filled.client.post("/api/parts/rename", json={"name": "cube", "new_name": "Würfel 2"}).status_code == 200
    parts = filled.project.recipe().parts
    assert set(parts) == {"ball", "Würfel 2"}
    assert parts["Würfel 2"].materials == {"*": "plastic #f2c200"}
    assert parts["Würfel 2"].files[0].name == "cube.stl"


@pytest.mark.parametrize(("name", "new_name"), [("cube", "ball"), ("no such", "x"), ("cube", ""), ("cube", "a\nb")])
def test_a_name_that_cannot_be_is_told_and_nothing_changes(filled, name, new_name):
    before = filled.project.recipe_path.read_bytes()
    answer = filled.client.post("/api/parts/rename", json={"name": name, "new_name": new_name})
    assert answer.status_code in (400, 422)
    assert filled.project.recipe_path.read_bytes() == before


def test_a_class_that_photos_are_labeled_with_keeps_its_name(filled):
    folder = filled.project.folder / "photos"
    folder.mkdir()
    (folder / "classes.txt").write_text("cube\nball\n")
    answer = filled.client.post("/api/parts/rename", json={"name": "cube", "new_name": "box"})
    assert answer.status_code == 400
    assert "labels of photos" in answer.json()["problem"]
