"""What all tests share: where the real data lies, and one small finished run."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs and CAD files kept beside the project; skips where there is none."""
    folder = Path(os.environ.get("PARTSIGHT_SHARED", ROOT.parent / "shared"))
    if not (folder / "real").is_dir():
        pytest.skip(f"real data is not at {folder} (set PARTSIGHT_SHARED)")
    return folder


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the bundled sample parts."""
    return ROOT / "src" / "partsight" / "samples"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with slow tests first, each file's tests in their own order."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
