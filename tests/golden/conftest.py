"""Golden pictures: `pytest tests/golden --regenerate` writes them anew; look at them before you commit them."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PICTURES = Path(__file__).parent / "pictures"
ALLOWED_SHARE = 0.002
"""Share of values that may differ by more than one step: other processors round other last bits."""

sys.path.append(str(Path(__file__).parents[1] / "unit" / "render"))


def pytest_addoption(parser):
    parser.addoption("--regenerate", action="store_true", help="write the golden pictures anew")


@pytest.fixture
def check_golden(request, tmp_path):
    """A function that compares a picture with the golden one of this name, and draws the difference if it fails."""

    def check(name, image):
        golden_file = PICTURES / f"{name}.png"
        if request.config.getoption("--regenerate", default=False):
            Image.fromarray(image).save(golden_file, optimize=True)
        golden = np.asarray(Image.open(golden_file))
        difference = np.abs(image.astype(int) - golden)
        if (difference > 1).mean() > ALLOWED_SHARE:
            amplified = np.clip(difference * 8, 0, 255).astype(np.uint8)
            Image.fromarray(np.concatenate([golden, image, amplified], axis=1)).save(tmp_path / f"{name}.png")
            pytest.fail(f"{name}: largest difference {difference.max()}; golden | now | 8 × difference: {tmp_path}")

    return check
