"""Weights that come with Partsight, or that pip brings beside it."""

from pathlib import Path

from partsight.detector.backbones.imagenet import IMAGENET, find_imagenet

PARTS = "parts"
"""As `train.weights`: the network that learned on renders of generated parts (`tools/pretrain_parts.py`)."""
_FILES = {PARTS: "nano_parts.safetensors"}


def weights_path(weights: str) -> Path:
    """Return the file that `train.weights` means; it need not exist."""
    if weights == IMAGENET:
        return find_imagenet() or Path(weights)
    return Path(__file__).with_name("weights") / _FILES[weights] if weights in _FILES else Path(weights)
