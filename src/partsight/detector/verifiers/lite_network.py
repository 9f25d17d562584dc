"""EfficientNet-Lite0 as a verifier: the first blocks stay as ImageNet taught them, the last ones and a linear layer are trained."""

from typing import cast

import torch
from torch import nn

from partsight.detector.backbones.lite import LAST_WIDTH, STEM_WIDTH, blocks, norm, padding

FIRST_TRAINED = 11
"""Blocks before this one stay as they are."""
_HEAD = 1280


class LiteNetwork(nn.Module):
    """EfficientNet-Lite0 with a linear layer of so many classes."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.pad = padding(3, 2)
        self.conv_stem, self.bn0 = nn.Conv2d(3, STEM_WIDTH, 3, 2, bias=False), norm(STEM_WIDTH)
        self.blocks = nn.ModuleList(blocks())
        self.conv_head, self.bn1 = nn.Conv2d(LAST_WIDTH, _HEAD, 1, bias=False), norm(_HEAD)
        self.fc = nn.Linear(_HEAD, num_classes)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return (N, num_classes) logits of (N, 3, side, side) inputs."""
        return self.classify(self.describe(inputs))

    def describe(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the answer of the blocks that stay as they are."""
        features = nn.functional.relu6(self.bn0(self.conv_stem(self.pad(inputs))))
        for block in self.blocks[:FIRST_TRAINED]:
            features = block(features)
        return features

    def classify(self, features: torch.Tensor) -> torch.Tensor:
        """Return logits of what `describe` answered."""
        for block in self.blocks[FIRST_TRAINED:]:
            features = block(features)
        features = nn.functional.relu6(self.bn1(self.conv_head(features)))
        return cast("torch.Tensor", self.fc(features.mean(dim=(2, 3))))

    def trained_parameters(self) -> list[nn.Parameter]:
        """Return what a training changes: the last blocks, head and linear layer."""
        trained = (*self.blocks[FIRST_TRAINED:], self.conv_head, self.bn1, self.fc)
        return [parameter for module in trained for parameter in module.parameters()]


class Probabilities(nn.Module):
    """The network with probabilities as its answer, for other runtimes."""

    def __init__(self, network: LiteNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return (N, num_classes) probabilities."""
        return self.network(inputs).softmax(dim=1)
