"""Files are whole or absent, and hashes mean content."""

import os
from pathlib import Path

import pytest

from partsight.errors import StorageError
from partsight.files import delete_partial_files, hash_bytes, hash_json, read_json, write_bytes, write_json


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    write_bytes(path, b"old")

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="No space left on device"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        write_json(tmp_path / "file" / "a.json", {})


def test_json_that_is_none_says_which_file(tmp_path):
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(StorageError, match=r"a\.json: not valid JSON"):
        read_json(tmp_path / "a.json")


def test_hashes_frame_their_contents():
    assert hash_bytes(b"ab", b"c") != hash_bytes(b"a", b"bc")
    assert hash_json({"a": 1, "b": 2}) == hash_json({"b": 2, "a": 1})


def test_leftovers_of_killed_writers_are_cleared(tmp_path):
    (tmp_path / f"a.json.{os.getpid()}.partial").write_text("{")
    assert delete_partial_files(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_json_holds_file_names_that_are_no_text(tmp_path):
    name = os.fsdecode(b"O'B \xff.jpg")
    write_json(tmp_path / "a.json", {"file": name, "other": "部品"})
    assert read_json(tmp_path / "a.json") == {"file": name, "other": "部品"}
    assert "部品" in (tmp_path / "a.json").read_text(encoding="utf-8")
