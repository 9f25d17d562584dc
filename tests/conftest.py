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
