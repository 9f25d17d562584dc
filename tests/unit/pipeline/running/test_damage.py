"""A finished stage vouches for its files: what was changed or deleted since is told, and made anew by the next run."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from partsight.config.recipe import Recipe
from partsight.errors import StorageError
from partsight.files import read_json, write_json, write_text
from partsight.pipeline.running.contents import CONTENTS
from partsight.pipeline.running.inventory import list_folders, verify_folder
from partsight.pipeline.running.run import Run
from partsight.pipeline.running.stage import Stage
from partsight.pipeline.running.workspace import MANIFEST, Manifest, Workspace
from partsight.progress import Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class TextManifest(Manifest):
    num_files: int


@dataclass(frozen=True)
class TextStage(Stage[TextManifest, str]):
    """Writes two texts."""

    text: str

    name, version, manifest_type, unit = "render", 1, TextManifest, "file"

    def inputs(self):
        return {"text": self.text}

    @property
    def upstream(self):
        return ()

    @property
    def num_units(self):
        return 2

    def make(self, run, folder):
        del run
        for name in ("a/one.txt", "two.txt"):
            write_text(folder / name, self.text)
        return TextManifest(num_files=2)

    def load(self, run, folder, manifest):
        del run, manifest
        return "".join((folder / name).read_text() for name in ("a/one.txt", "two.txt"))


STAGE = TextStage("hello")


@pytest.fixture
def made(tmp_path) -> tuple[Callable[[], str], Path]:
    """Return what resolves the stage in a new run, and its folder."""
    recipe = Recipe.parse({"parts": {"QF": {"files": ["QF.step"]}}}, base_dir=tmp_path)

    def resolve() -> str:
        return Run(recipe, Workspace(tmp_path), Silence()).resolve(STAGE)

    assert resolve() == "hellohello"
    return resolve, tmp_path / "render" / STAGE.key


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "a bit": flip,
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-3]),
    "emptied": lambda path: path.write_bytes(b""),
    "deleted": Path.unlink,
    "another text": lambda path: path.write_text("jello"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["a/one.txt", "two.txt", CONTENTS, MANIFEST])
def test_a_damaged_file_is_told_and_made_anew_by_the_next_run(made, name, damage):
    resolve, folder = made
    DAMAGES[damage](folder / name)
    if (name, damage) == (MANIFEST, "deleted"):
        assert resolve() == "hellohello", "as after a kill"
        return
    with pytest.raises(
        StorageError,
        match=rf"{re.escape(name)} was changed or deleted after the stage 'render' was finished.*run the same",
    ):
        resolve()
    assert resolve() == "hellohello"
    assert resolve() == "hellohello"


def test_a_value_changed_in_a_manifest_is_damage(made):
    resolve, folder = made
    content = read_json(folder / MANIFEST)
    write_json(folder / MANIFEST, {**content, "num_files": 3})
    with pytest.raises(StorageError, match=r"manifest\.json was changed"):
        resolve()


def test_a_copy_with_other_time_stamps_is_whole(made, tmp_path):
    resolve, folder = made
    for path in folder.rglob("*.txt"):
        os.utime(path, (1, 1))
    assert resolve() == "hellohello"


def test_damage_under_the_old_time_stamp_is_found_by_a_thorough_look(made, tmp_path):
    resolve, folder = made
    state = (folder / "two.txt").stat()
    flip(folder / "two.txt")
    os.utime(folder / "two.txt", ns=(state.st_atime_ns, state.st_mtime_ns))
    (listed,) = list_folders(Workspace(tmp_path), [STAGE])
    assert verify_folder(listed) == ("two.txt",)
    shutil.rmtree(folder)
    resolve()
    (listed,) = list_folders(Workspace(tmp_path), [STAGE])
    assert verify_folder(listed) == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_finished_stage_is_read_where_nothing_can_be_written(made):
    resolve, folder = made
    folder.chmod(0o500)
    assert resolve() == "hellohello"
