"""Drafts: one window for all recipes, and a picture that depends on its recipe alone."""

import functools

import pytest
import trimesh

from partsight.config.loading import read_recipe
from partsight.pipeline import preview
from partsight.pipeline.running.workspace import Workspace


@pytest.fixture
def draft(tmp_path):
    """Draws a draft of a cube, with settings."""
    pytest.importorskip("pyvista", reason="the extra [pyvista] is not installed")
    trimesh.creation.box((40, 30, 20)).export(tmp_path / "cube.stl")
    (tmp_path / "recipe.toml").write_text('preset = "hand"\n[parts]\ncube.files = ["cube.stl"]\n')

    def draw(*settings):
        recipe = read_recipe(tmp_path / "recipe.toml", settings)
        return preview.draw_draft(recipe, Workspace(tmp_path / "runs"), 0)

    return draw


def test_a_draft_is_the_same_whatever_was_drawn_before_it(draft):
    alone = draft("seed=1")
    draft("seed=2", "randomize.camera.object_size=[0.1,0.2]")
    _forget()
    draft("seed=2", "randomize.camera.object_size=[0.1,0.2]")
    assert draft("seed=1").jpeg == alone.jpeg


def test_a_change_of_the_recipe_opens_no_second_window(draft, monkeypatch):
    opened = []
    kept = functools.lru_cache(maxsize=1)(lambda section: opened.append(section) or preview.open_renderer(section, 1))
    monkeypatch.setattr(preview, "_open_renderer", kept)
    _forget()
    for change in ("seed=1", "render.width=300"):
        draft(change)
    assert len(opened) == 1


def _forget():
    preview._open_drafts.cache_clear()
