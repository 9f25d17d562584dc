"""The notebooks in examples/ run from top to bottom, cell by cell, as a reader would run them."""

import ast
import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@pytest.fixture
def beside_the_recipes(tmp_path, monkeypatch):
    """A copy of the folders that notebooks refer to, so that nothing is written into the project."""
    for name in ("recipes", "examples", "src/partsight/samples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path / "examples")
    return tmp_path / "examples"


def run_cell(source, where, names):
    """Run a cell and show what it ends with, as a notebook does."""
    *statements, last = ast.parse(source).body
    exec(compile(ast.Module(statements, []), where, "exec"), names)  # noqa: S102
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([last], []), where, "exec"), names)  # noqa: S102
        return
    shown = eval(compile(ast.Expression(last.value), where, "eval"), names)  # noqa: S307
    if hasattr(shown, "_repr_html_"):
        assert shown._repr_html_()


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end(notebook, beside_the_recipes, capsys):
    if find_spec("ultralytics") is None:
        pytest.skip("the extra [yolo] is not installed")
    names = {"__name__": "__main__"}
    for number, cell in enumerate(json.loads(notebook.read_text())["cells"]):
        if cell["cell_type"] == "code":
            run_cell("".join(cell["source"]), f"{notebook.name} cell {number}", names)
    said = capsys.readouterr().out
    assert ("% visible, hidden by" in said) if notebook.stem.startswith("1") else ("mAP50" in said)
    assert (beside_the_recipes / "runs").is_dir()


def test_notebooks_are_checked_in_without_outputs():
    assert len(NOTEBOOKS) >= 2
    for notebook in NOTEBOOKS:
        cells = json.loads(notebook.read_text())["cells"]
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells)
