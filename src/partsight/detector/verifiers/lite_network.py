"""EfficientNet-Lite0 in plain torch, with the names and numbers of the weights that pip brings.

Tan & Le, EfficientNet (2019), and its Lite variant: no squeeze-and-excitation, ReLU6. Convolutions pad as TensorFlow's do: where the
stride is 2, one pixel more on the right and below.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

FIRST_TRAINED = 11
"""Blocks before this one stay as they are."""
_EPSILON = 1e-3
_STEM, _HEAD = 32, 1280


@dataclass(frozen=True, slots=True)
class _Group:
    """Blocks of one width; the first of them has the stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    width: int


_GROUPS = (
    _Group(1, 3, 1, 1, 16), _Group(2, 3, 2, 6, 24), _Group(2, 5, 2, 6, 40), _Group(3, 3, 2, 6, 80),
    _Group(3, 5, 1, 6, 112), _Group(4, 5, 2, 6, 192), _Group(1, 3, 1, 6, 320),
)  # fmt: skip


class Block(nn.Module):
    """An inverted bottleneck: wider, filtered channel by channel, narrow again; added to its input where both are alike."""

    def __init__(self, num_in: int, num_out: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = num_in * expansion
        self.is_added, self.is_expanded = stride == 1 and num_in == num_out, expansion > 1
        if self.is_expanded:
            self.expand_conv, self.bn0 = nn.Conv2d(num_in, wide, 1, bias=False), _norm(wide)
        self.pad = _padding(kernel, stride)
        self.depthwise_conv = nn.Conv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self.bn1 = _norm(wide)
        self.project_conv, self.bn2 = nn.Conv2d(wide, num_out, 1, bias=False), _norm(num_out)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """Return (N, num_out, …) of (N, num_in, …)."""
        wide = nn.functional.relu6(self.bn0(self.expand_conv(given))) if self.is_expanded else given
        filtered = nn.functional.relu6(self.bn1(self.depthwise_conv(self.pad(wide))))
        narrow: torch.Tensor = self.bn2(self.project_conv(filtered))
        return given + narrow if self.is_added else narrow


class LiteNetwork(nn.Module):
    """EfficientNet-Lite0 with a linear layer of so many classes."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.pad = _padding(3, 2)
        self.conv_stem, self.bn0 = nn.Conv2d(3, _STEM, 3, 2, bias=False), _norm(_STEM)
        self.blocks = nn.ModuleList(_blocks())
        self.conv_head, self.bn1 = nn.Conv2d(_GROUPS[-1].width, _HEAD, 1, bias=False), _norm(_HEAD)
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


def _blocks() -> Iterator[Block]:
    num_in = _STEM
    for group in _GROUPS:
        for place in range(group.repeats):
            stride = group.stride if place == 0 else 1
            yield Block(num_in, group.width, kernel=group.kernel, stride=stride, expansion=group.expansion)
            num_in = group.width


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=_EPSILON)


def _padding(kernel: int, stride: int) -> nn.ZeroPad2d:
    """Return TensorFlow's padding of inputs with even sides."""
    total = kernel - stride
    return nn.ZeroPad2d((total // 2, total - total // 2, total // 2, total - total // 2))
