"""The page about Python runs from top to bottom; real renders know their instances."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.deploy.conftest import checkpoint, model_path  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parents[2]


def test_real_renders_know_masks_poses_and_visibility(finished):
    dataset = finished.render().dataset
    assert finished.assemble().splits.train[0].class_names == dataset.class_names
    instances = [(sample, one) for sample in dataset for one in sample.instances]
    assert instances
    for sample, one in instances:
        rows, columns = np.nonzero(one.mask)
        assert one.mask.shape == sample.size_wh[::-1]
        assert one.box_xyxy.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert one.camera_from_part[2, 3] > 0
        hidden = sum(other.fraction for other in one.hidden_by)
        assert one.visible_fraction + one.truncated_fraction + hidden == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
def test_the_page_about_python_runs(tmp_path, monkeypatch, model_path):  # noqa: F811
    pytest.importorskip("pandas")
    for name in ("recipes", "src/partsight/samples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path / "recipes")
    shutil.copy("smoke.toml", "recipe.toml")
    shutil.copy("../src/partsight/samples/QF.step", "bracket.step")
    shutil.copytree(model_path, "model")
    Image.new("RGB", (160, 120), "gray").save("photo.jpg")
    page = (
        (ROOT / "docs" / "how-to" / "python.md")
        .read_text(encoding="utf-8")
        .replace("render.count=200", "render.count=10")
    )
    names = {"__name__": "__main__"}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL)):
        exec(compile(block, f"python.md block {number}", "exec"), names)  # noqa: S102
    assert len(names["table"]) > 0
    assert names["found"]._repr_html_()
