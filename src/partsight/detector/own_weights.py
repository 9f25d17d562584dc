"""Weights that come with Partsight."""

from pathlib import Path

PARTS = "parts"
"""As `train.weights`: the network that learned on renders of generated parts (`tools/pretrain_parts.py`)."""
_FILES = {PARTS: "nano_parts.safetensors"}


def weights_path(weights: str) -> Path:
    """Return the file that `train.weights` means; it need not exist."""
    return Path(__file__).with_name("weights") / _FILES[weights] if weights in _FILES else Path(weights)
