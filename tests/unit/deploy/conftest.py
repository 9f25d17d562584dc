"""A model folder around a small real network; untrained, so every score is low, but boxes and scores are what they are."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from partsight.deploy.description import FORMAT, Document, ModelDescription, PartCard
from partsight.deploy.model_folder import network_entry, write_description, written_folder
from partsight.deploy.openvino_export import write_openvino
from partsight.detector.detector import Checkpoint, open_family

NAMES = ("square", "disc")
IMAGE_SIZE = 96
LOW = 1e-5
"""A score that an untrained network reaches."""


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Checkpoint:
    """An untrained network as the training would leave it."""
    torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
    if find_spec("ultralytics") is None:
        pytest.skip("the extra [yolo] is not installed")
    from partsight.detector.families.ultralytics.weights import build_network, write_model

    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("checkpoint")
    description = {"model": "yolov8n", "class_names": list(NAMES), "image_size": IMAGE_SIZE}
    write_model(folder, build_network("yolov8n", len(NAMES)), description)
    return Checkpoint(folder, "ultralytics", NAMES)


@pytest.fixture(scope="session")
def model_path(checkpoint, tmp_path_factory) -> Path:
    """A complete model folder, never changed by a test."""
    path = tmp_path_factory.mktemp("exported") / "model"
    with written_folder(path) as folder:
        fill_model_folder(folder, checkpoint)
    return path


def fill_model_folder(folder: Path, checkpoint: Checkpoint) -> None:
    exported = open_family("ultralytics").export(checkpoint, "onnx", folder)
    networks = {"onnx": exported.path}
    if find_spec("openvino"):
        networks["openvino"] = write_openvino(exported.path, folder / "openvino")
    (folder / "cards").mkdir()
    Image.new("RGB", (8, 8), "red").save(folder / "cards" / "square.png")
    (folder / "documents").mkdir()
    (folder / "documents" / "square.pdf").write_bytes(b"%PDF-")
    documents = (
        Document(title="square.pdf", path="documents/square.pdf"),
        Document(title="a link", url="https://example.org/square"),
    )
    square = PartCard(
        name="square",
        description="Four corners",
        picture="cards/square.png",
        documents=documents,
        details={"serial": "4711"},
    )
    description = ModelDescription(
        kind="partsight-model",
        format=FORMAT,
        name="shapes",
        class_names=NAMES,
        spec=exported.spec,
        threshold=LOW,
        threshold_source="validation",
        networks={name: network_entry(folder, path) for name, path in networks.items()},
        parts=(square, PartCard(name="disc")),
        license=exported.license,
        provenance={"partsight": "test"},
    )
    write_description(folder, description)


@pytest.fixture
def picture() -> np.ndarray:
    """A colorful picture that is neither square nor a multiple of the stride."""
    small = np.random.default_rng(5).integers(0, 256, (7, 11, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize((173, 91), Image.Resampling.BICUBIC))
