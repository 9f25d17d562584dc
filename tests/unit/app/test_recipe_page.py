"""The recipe behind the page: the same file as the terminal's, changed by one who saw it."""

import signal
import subprocess
import sys
import tomllib

import httpx
import pytest

from partsight.config.loading import read_recipe
from partsight.pipeline.stages.graph import Graph


def test_two_tabs_do_not_overwrite_each_other(filled):
    revision = filled.get("/api/project")["revision"]
    first = filled.client.put("/api/recipe", json={"revision": revision, "changes": {"seed": 1, "name": "a"}})
    assert first.status_code == 400  # the page changes no seed
    first = filled.client.put("/api/recipe", json={"revision": revision, "changes": {"name": "a"}})
    second = filled.client.put("/api/recipe", json={"revision": revision, "changes": {"name": "b"}})
    assert (first.status_code, second.status_code) == (200, 409)
    assert filled.get("/api/project")["name"] == "a"


@pytest.mark.parametrize(
    "changes", [{"render.count": -3}, {"randomize.no_such": 1}, {"parts.cube.files": ["/no/such.step"], "x": 1}]
)
def test_what_the_recipe_refuses_is_told_and_not_written(filled, changes):
    before = filled.project.recipe_path.read_bytes()
    answer = filled.client.put("/api/recipe", json={"revision": None, "changes": changes})
    assert answer.status_code == 400
    assert answer.json()["problem"]
    assert filled.project.recipe_path.read_bytes() == before


@pytest.mark.parametrize("key", ["render.blender", "cluster.setup", "track.mlflow_uri"])
def test_what_is_as_trusted_as_a_script_is_not_written_by_a_page(filled, key):
    answer = filled.client.put("/api/recipe", json={"revision": None, "changes": {key: "x"}})
    assert answer.status_code == 400


def test_presets_fill_what_is_shown_and_null_takes_out(filled):
    filled.client.put("/api/recipe", json={"changes": {"preset": "bin", "randomize.camera.object_size": [0.2, 0.3]}})
    assert filled.get("/api/project")["values"]["randomize.camera.object_size"] == [0.2, 0.3]
    filled.client.put("/api/recipe", json={"changes": {"randomize.camera.object_size": None}})
    assert filled.get("/api/project")["values"]["randomize.camera.object_size"] == [0.08, 0.4]
    assert "object_size" not in filled.project.recipe_path.read_text()


def test_the_terminal_has_the_same_keys(filled):
    """What the page left, read from elsewhere: one recipe, one set of stage keys."""
    filled.client.put("/api/recipe", json={"changes": {"preset": "table", "render.variant": "scalar_rgb"}})
    here, there = (
        Graph(recipe, lambda _recipe: "scalar_rgb").renders.key
        for recipe in (filled.project.recipe(), read_recipe(filled.project.folder / "recipe.toml"))
    )
    assert here == there
    assert tomllib.loads(filled.project.recipe_path.read_text())["preset"] == "table"


def test_without_the_token_nothing_is_answered(filled):
    for path in ("/", "/api/project", "/api/parts", "/api/jobs", "/report", "/static/app.js"):
        assert filled.client.get(path, headers={"Authorization": ""}).status_code == 401, path


def test_foreign_pages_are_refused(filled):
    answer = filled.client.put(
        "/api/recipe", json={"changes": {"name": "x"}}, headers={"Origin": "http://evil.example"}
    )
    assert answer.status_code == 403


def test_the_command_serves_the_page_and_stops_quietly(tmp_path):
    command = [sys.executable, "-m", "partsight", "app", str(tmp_path), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            link = process.stdout.readline().split()[1]
            answer = httpx.get(link, follow_redirects=True, timeout=20)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) in (0, 130)
        finally:
            process.kill()
    assert "Partsight" in answer.text
    assert (tmp_path / "runs" / "app" / "access.json").stat().st_mode & 0o077 == 0
