"""Folders that cannot be written are read; files that may not be read are no damaged ones; errors name the place."""

import os
from pathlib import Path

import pytest

from partsight.cli.refusals import find_refusal
from partsight.errors import StorageError
from partsight.pipeline.running.contents import find_damage, record_contents
from partsight.pipeline.running.workspace import Manifest, Workspace, claimed, read_manifest, write_manifest
from partsight.pipeline.stages.dataset.decoding import MEMORY, decode_photos
from partsight.progress import Silence
from partsight.scratch import scratch_folder
from partsight.staging import staged
from tests.builders import sample_of, write_picture
from tests.unprivileged import without_privileges

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="permissions of POSIX")


@pytest.fixture
def finished(tmp_path):
    """A finished stage that cannot be written."""
    folder = tmp_path / "runs" / "train" / "key"
    folder.mkdir(parents=True)
    (folder / "weights").write_bytes(b"x")
    write_manifest(folder, Manifest(contents=record_contents(folder)))
    for path in (folder / "weights", folder, tmp_path / "runs"):
        path.chmod(0o500 if path.is_dir() else 0o400)
    yield folder
    for path in (tmp_path / "runs", folder, folder / "weights"):
        path.chmod(0o700)


def damage(folder: Path):
    manifest = read_manifest(folder, Manifest)
    return find_damage(folder, manifest.contents, is_thorough=True)


def test_a_finished_stage_is_read_where_nothing_can_be_written(finished):
    assert without_privileges(lambda: damage(finished)) == ()


def test_a_file_that_may_not_be_read_is_not_taken_for_damaged(finished):
    """A stage is deleted and made anew where it is damaged: hours of work, for a permission that can be mended."""
    (finished / "weights").chmod(0)
    error = without_privileges(lambda: damage(finished))
    assert isinstance(error, PermissionError)
    assert str(finished / "weights") in str(find_refusal(error))


def test_a_manifest_that_may_not_be_read_is_not_taken_for_damaged(finished):
    (finished / "manifest.json").chmod(0)
    error = without_privileges(lambda: damage(finished))
    assert isinstance(error, PermissionError)
    assert str(finished / "manifest.json") in str(find_refusal(error))


def test_a_stage_that_cannot_be_made_names_its_folder(finished):
    def claim():
        with claimed(finished.parents[1] / "report" / "key"):
            pass

    error = without_privileges(claim)
    assert isinstance(error, StorageError)
    assert str(finished.parents[1] / "report") in str(error)


def test_photos_are_looked_at_where_what_was_seen_cannot_be_remembered(finished, tmp_path):
    workspace = Workspace(finished.parents[1])
    sample = sample_of(write_picture(tmp_path / "a.png"), [(1, 1, 9, 9)], [0], "s")
    found = without_privileges(lambda: decode_photos([sample], workspace, Silence()))
    assert list(found) == [sample.sample_id]
    assert not (workspace.root / MEMORY).exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 1}', '{"version": 1, "hashes": {"a": "no number"}}'])
def test_a_damaged_memory_is_made_anew(tmp_path, content):
    (tmp_path / MEMORY).write_text(content)
    sample = sample_of(write_picture(tmp_path / "a.png"), [(1, 1, 9, 9)], [0], "s")
    assert list(decode_photos([sample], Workspace(tmp_path), Silence())) == [sample.sample_id]


def change(folder: Path):
    with staged(folder):
        pass


def use_scratch():
    with scratch_folder("test"):
        pass


def test_a_photos_folder_that_cannot_be_written_is_named(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir(mode=0o500)
    for folder in (photos, photos / "new"):
        error = without_privileges(lambda folder=folder: change(folder))
        assert isinstance(error, StorageError)
        assert str(folder) in str(error)


def test_a_temporary_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir(mode=0o500)
    monkeypatch.setattr("tempfile.tempdir", str(place))
    error = without_privileges(use_scratch)
    assert isinstance(error, StorageError)
    assert str(place) in str(error)
    assert "TMPDIR" in str(error)
