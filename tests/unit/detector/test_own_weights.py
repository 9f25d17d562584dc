"""Weights that come with Partsight: there, small, described, and what a training can start from."""

import pytest

from partsight.config.sections.train import TrainSection
from partsight.detector.own_weights import PARTS, weights_path

MOST_BYTES = 6_000_000


def test_other_names_are_paths_of_files():
    assert str(weights_path("folder/yolox_nano.pth")) == "folder/yolox_nano.pth"


def test_the_weights_are_small_and_have_a_card():
    path = weights_path(PARTS)
    assert path.stat().st_size < MOST_BYTES
    card = path.with_suffix(".md").read_text()
    assert "Apache-2.0" in card
    assert "no foreign CAD, picture or weight" in card


def test_they_fill_all_of_a_network_but_its_classes():
    torch = pytest.importorskip("torch", reason="the extra [compact] is not installed")
    from partsight.detector.families.compact.network import build_network
    from partsight.detector.families.compact.weights import load_start

    network = build_network("nano", 3)
    num_filled = load_start(network, TrainSection(family="compact", weights=PARTS))
    assert num_filled == len(network.state_dict()) - 6  # weight and bias of the class layer at three strides
    assert all(torch.isfinite(one).all() for one in network.state_dict().values())
