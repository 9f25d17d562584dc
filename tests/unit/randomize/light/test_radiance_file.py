"""Radiance pictures are read as they were written, run-length encoded or not; broken ones are named."""

import numpy as np
import pytest

from partsight.errors import SceneError
from partsight.randomize.light.radiance_file import read_radiance

HEAD = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 8\n"
RGBE = np.random.default_rng(0).integers(1, 255, (2, 8, 4)).astype(np.uint8)


def run_length_encoded(rgbe):
    """Each channel of a row as one stretch of literal bytes, but constant exponents as a run."""
    data = b""
    for row in rgbe:
        data += bytes([2, 2, 0, 8]) + b"".join(bytes([8]) + row[:, channel].tobytes() for channel in range(3))
        data += bytes([128 + 8, row[0, 3]])
    return data


def decoded(rgbe):
    return (rgbe[..., :3] + 0.5) * np.exp2(rgbe[..., 3:].astype(float) - 136)


def test_flat_pixels_are_read(tmp_path):
    (tmp_path / "a.hdr").write_bytes(HEAD + RGBE.tobytes())
    np.testing.assert_allclose(read_radiance(tmp_path / "a.hdr"), decoded(RGBE), rtol=1e-6)


def test_runs_are_read(tmp_path):
    rgbe = RGBE.copy()
    rgbe[..., 3] = 130
    (tmp_path / "a.hdr").write_bytes(HEAD + run_length_encoded(rgbe))
    np.testing.assert_allclose(read_radiance(tmp_path / "a.hdr"), decoded(rgbe), rtol=1e-6)


@pytest.mark.parametrize(
    "content", [b"nothing", HEAD, HEAD + run_length_encoded(RGBE)[:-9], HEAD + RGBE.tobytes()[:-1]]
)
def test_a_broken_picture_is_named(tmp_path, content):
    (tmp_path / "broken.hdr").write_bytes(content)
    with pytest.raises(SceneError, match=r"broken\.hdr"):
        read_radiance(tmp_path / "broken.hdr")
