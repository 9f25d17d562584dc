"""A small installation runs models and labels photos; what is missing for more is told with the command that installs it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from partsight.extras import EXTRAS, as_extra_error, install_command

ROOT = Path(__file__).resolve().parents[2]
CONTENT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CORE, OPTIONAL = CONTENT["project"]["dependencies"], CONTENT["project"]["optional-dependencies"]
PACKAGES = {
    "OCP": "cadquery-ocp-novtk", "fast_simplification": "fast-simplification", "OpenEXR": "openexr", "drjit": "mitsuba",
    "mujoco": "mujoco-core", "torch": "ultralytics-opencv-headless", "ultralytics": "ultralytics-opencv-headless",
    "vtkmodules": "pyvista", "pyoidn": "pyoidn", "pillow_heif": "pillow-heif", "mlflow": "mlflow-skinny",
}  # fmt: skip
"""What brings a package whose name is another than that of its import."""
BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
sys.argv[0] = "partsight"
from partsight.cli.app import run
"""


def without_extras(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter in which no package of any extra can be found."""
    program = BLOCK.format(blocked=set(EXTRAS)) + code
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def names_in(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[>=<;]", one)[0].strip().lower() for one in requirements}


def with_inner(extra: str) -> set[str]:
    """The packages of an extra, with those of the extras that it holds."""
    own, found = OPTIONAL[extra], set()
    for one in own:
        inner = re.fullmatch(r"partsight\[(.*)\]", one)
        found |= set().union(*(with_inner(name) for name in inner[1].split(","))) if inner else names_in([one])
    return found


def test_models_run_and_photos_are_labeled_without_any_extra():
    modules = (
        "partsight.pipeline.delivery.detect", "partsight.pipeline.delivery.live", "partsight.deploy.live.server",
        "partsight.pipeline.photos.label", "partsight.photos.label_page.server", "partsight.photos.carrying",
        "partsight.pipeline.photos.add", "partsight.pipeline.photos.exchange", "partsight.config.loading",
    )  # fmt: skip
    commands = [["--help"], ["detect", "--help"], ["live", "--help"], ["explain", "train.weights"]]
    code = (
        f"import importlib\nfor name in {modules}: importlib.import_module(name)\n"
        f"print('CODES', *(run(command) for command in {commands}))"
    )
    done = without_extras(code)
    assert "CODES 0 0 0 0" in done.stdout, done.stderr


def test_what_needs_an_extra_names_the_command_that_installs_it(tmp_path):
    (tmp_path / "recipe.toml").write_text('[parts.a]\nfiles = ["a.stl"]\n')
    (tmp_path / "a.stl").write_bytes(b"solid a\nendsolid a\n")
    commands = [["check", "a.stl"], ["run", "--recipe", "recipe.toml"], ["photos", "check", "--recipe", "recipe.toml"]]
    done = without_extras(
        f"import os; os.chdir({str(tmp_path)!r}); print('CODES', *(run(command) for command in {commands}))"
    )
    assert "CODES 1 1 1" in done.stdout, done.stderr
    assert done.stderr.count("pip install 'partsight[cad]'") == 3
    assert "pip install 'partsight[all]'" in done.stderr


def test_the_table_names_the_extra_that_brings_each_package():
    missing = [
        f"{extra}: {name}"
        for name, extra in EXTRAS.items()
        if PACKAGES.get(name, name.replace("_", "-")).lower() not in with_inner(extra)
    ]
    assert missing == []
    assert not {PACKAGES.get(name, name).lower() for name in EXTRAS} & names_in(CORE)


def test_every_extra_that_users_know_holds_what_it_held():
    before = {
        "yolo",
        "compact",
        "verify",
        "openvino",
        "supervision",
        "pandas",
        "pyvista",
        "denoise",
        "heic",
        "cluster",
        "tune",
    }
    assert before <= set(OPTIONAL)
    rendering = {"cadquery-ocp-novtk", "embreex", "mitsuba", "mujoco-core", "openexr", "scipy", "trimesh"}
    assert all(rendering <= with_inner(extra) for extra in ("yolo", "compact", "verify", "all"))


def test_every_package_is_pinned_and_the_pin_is_within_its_bounds():
    pinned: dict[str, set[str]] = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if "==" in line:
            name, version = line.partition(";")[0].split("==")
            pinned.setdefault(name.strip().lower(), set()).add(version.strip())
    wanted = [*CORE, *(one for extra in OPTIONAL.values() for one in extra if not one.startswith("partsight["))]
    bounds = dict(re.split(r">=", re.sub(r"\[.*\]", "", one.partition(";")[0])) for one in wanted)
    assert [name for name in bounds if name.lower() not in pinned] == []
    below = [
        f"{name} {version} < {least}"
        for name, least in bounds.items()
        for version in pinned[name.lower()]
        if numbers(version) < numbers(least)
    ]
    assert below == []


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def test_a_module_that_no_extra_brings_stays_a_fault_of_ours():
    assert as_extra_error(ModuleNotFoundError("x", name="partsight.nothing")) is None
    told = as_extra_error(ModuleNotFoundError("x", name="mitsuba.python"))
    assert told is not None
    assert install_command("mitsuba") in str(told)
