"""Small datasets on disk, for tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample, Source

NAMES = ("QD", "QF", "SX")


def write_picture(path: Path, size_wh: tuple[int, int] = (40, 30), shade: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size_wh, (shade % 256, shade // 256 % 256, 99)).save(path)
    return path


def sample_of(
    image_path: Path, boxes: Sequence[Sequence[float]] = (), class_ids: Sequence[int] = (), session: str = "s",
    source: Source = "photo",
) -> Sample:  # fmt: skip
    return Sample(
        image_path.stem, image_path, (40, 30), np.array(boxes).reshape(-1, 4), np.array(class_ids), source, session
    )


def showing(sample_id: str, *class_ids: int, session: str = "s") -> Sample:
    """A sample that shows these classes; its picture is nowhere."""
    boxes = [(1, 1, 20, 20)] * len(class_ids)
    return sample_of(Path(f"{sample_id}.png"), boxes, class_ids, session)


def dataset_of(*samples: Sample, names: Sequence[str] = NAMES) -> Dataset:
    return Dataset(tuple(names), samples)


def assert_same(found: Dataset, expected: Dataset) -> None:
    """Same names, ids, sizes, sessions, sources and boxes (within a millionth of a pixel), in any order."""
    assert found.class_names == expected.class_names
    by_id = {sample.sample_id: sample for sample in found.samples}
    assert set(by_id) == {sample.sample_id for sample in expected.samples}
    for sample in expected.samples:
        twin = by_id[sample.sample_id]
        assert (twin.size_wh, twin.source, twin.session) == (sample.size_wh, sample.source, sample.session)
        assert np.array_equal(twin.class_ids, sample.class_ids)
        assert np.allclose(twin.boxes_xyxy, sample.boxes_xyxy, rtol=0, atol=1e-6)
        assert twin.image_path.read_bytes() == sample.image_path.read_bytes()
