"""`partsight check` and `partsight convert` on real files: good ones go on, bad ones are told."""

import json

import numpy as np
import trimesh
from PIL import Image

from partsight.cli.app import run


def test_check_writes_a_page_and_its_figures_and_fails_for_bad_files(tmp_path, samples, capsys):
    (tmp_path / "broken.STEP").write_text("ISO-10303-21;\nHEADER;")
    page = tmp_path / "check.html"
    assert run(["check", str(samples / "QF.step"), str(samples / "QD.step"), str(tmp_path), "--out", str(page)]) == 1
    shown = capsys.readouterr().out
    assert "broken.STEP: is cut off" in shown.replace("\n", " ").replace("  ", " ")
    assert "QF and QD differ by" in shown
    figures = json.loads(page.with_suffix(".json").read_text())
    assert [part["name"] for part in figures["parts"]] == ["QF", "QD"]
    assert figures["pairs"][0]["silhouette_difference"] > 0.05
    assert list(figures["problems"]) == [str(tmp_path / "broken.STEP")]
    text = page.read_text()
    assert "data:image/png;base64," in text
    assert "Assembly tree (19 nodes)" in text


def test_equal_parts_are_called_alike(tmp_path, samples, capsys):
    (tmp_path / "A.step").write_bytes((samples / "QF.step").read_bytes())
    (tmp_path / "B.step").write_bytes((samples / "QF.step").read_bytes())
    assert run(["check", str(tmp_path), "--out", str(tmp_path / "c.html")]) == 0
    assert "have the same outline" in capsys.readouterr().out


def test_the_unit_of_a_mesh_can_be_said_and_is_asked_for(tmp_path, capsys):
    trimesh.creation.box((40, 20, 10)).export(tmp_path / "box.stl")
    out = str(tmp_path / "c.html")
    assert run(["check", str(tmp_path / "box.stl"), "--unit", "m", "--out", out]) == 0
    assert "is the unit right?" in " ".join(capsys.readouterr().out.split())
    assert run(["check", str(tmp_path / "box.stl"), "--unit", "ell", "--out", out]) == 1
    assert "unit 'ell': unknown" in capsys.readouterr().err


def test_names_stay_whole_in_a_narrow_terminal_and_equal_remarks_are_told_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("bolt_M16x160_galvanic", "bolt_M16x45_galvanic"):
        trimesh.creation.box((0.04, 0.02, 0.01)).export(tmp_path / f"{name}.stl")
    assert run(["check", str(tmp_path), "--out", str(tmp_path / "c.html")]) == 0
    shown = capsys.readouterr().out
    assert "bolt_M16x160_galvanic " in shown
    assert "sub-parts" in shown
    assert shown.count("is the unit right?") == 1
    assert "bolt_M16x160_galvanic, bolt_M16x45_galvanic: 40 µm long" in shown


def test_convert_writes_meshes_of_the_right_size_and_keeps_what_is_there(tmp_path, samples, capsys):
    source = str(samples / "QF.step")
    assert run(["convert", source, "--to", "STL", "--out", str(tmp_path), "--tolerance-mm", "0.2"]) == 0
    mesh = trimesh.load(tmp_path / "QF.stl")
    np.testing.assert_allclose(sorted(mesh.extents), [474.7, 530, 572], rtol=1e-3)
    assert run(["convert", source, "--to", "stl", "--out", str(tmp_path)]) == 1
    assert "stands already. Use --overwrite, or another folder (--out)" in capsys.readouterr().out
    assert run(["convert", source, "--to", "dwg"]) == 1
    assert "dwg: unknown format (--to)" in capsys.readouterr().err


def test_a_finer_tolerance_gives_more_triangles(tmp_path, samples):
    counts = []
    for tolerance in ("2", "0.05"):
        out = tmp_path / tolerance
        assert (
            run(["convert", str(samples / "SD.step"), "--to", "ply", "--out", str(out), "--tolerance-mm", tolerance])
            == 0
        )
        counts.append(len(trimesh.load(out / "SD.ply").faces))
    assert counts[1] > 1.2 * counts[0]


def test_doctor_names_the_renderer(capsys):
    assert run(["doctor"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Mitsuba" in shown
    assert "_rgb" in shown
    assert "cores to use" in shown or "core to use" in shown


def test_a_preview_is_a_sheet_of_labeled_pictures(tmp_path, samples, capsys):
    (tmp_path / "QF.step").write_bytes((samples / "QF.step").read_bytes())
    (tmp_path / "recipe.toml").write_text(
        '[parts.QF]\nfiles = ["QF.step"]\n[render]\nwidth = 400\nheight = 200\nsamples_per_pixel = 1\n'
        'variant = "scalar_rgb"\nworkers = 1\n'
    )
    assert run(["render", "--recipe", str(tmp_path / "recipe.toml"), "--preview", "4"]) == 0
    with Image.open(tmp_path / "runs" / "preview.png") as sheet:
        assert sheet.size == (2 * 320, 2 * (160 + 22)) or sheet.width * sheet.height >= 4 * 320 * 160
    assert "preview" in capsys.readouterr().out


def test_init_leaves_bad_files_out_and_says_so(tmp_path, samples, capsys):
    (tmp_path / "bad.step").write_bytes(bytes(200))
    assert run(["init", str(samples / "QF.step"), str(tmp_path / "bad.step"), "--out", str(tmp_path / "p")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "left out" in shown
    assert "bad.step: not a STEP file" in shown
    recipe = (tmp_path / "p" / "recipe.toml").read_text()
    assert '"QF".files = [' in recipe
    assert "bad" not in recipe
    assert (tmp_path / "p" / "cad-check.html").exists()
