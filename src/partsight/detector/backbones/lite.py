"""EfficientNet-Lite0 in plain torch, with the names and numbers of the weights that pip brings.

Tan & Le, EfficientNet (2019), and its Lite variant: no squeeze-and-excitation, ReLU6. Convolutions pad as TensorFlow's do: where the
stride is 2, one pixel more on the right and below.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

PIXEL_MEAN, PIXEL_SCALE = 127.0, 128.0
"""The input is (pixel - mean) / scale, red, green, blue."""
STEM_WIDTH = 32
_EPSILON = 1e-3


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
LAST_WIDTH = _GROUPS[-1].width


class Block(nn.Module):
    """An inverted bottleneck: wider, filtered channel by channel, narrow again; added to its input where both are alike."""

    def __init__(self, num_in: int, num_out: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = num_in * expansion
        self.is_added, self.is_expanded = stride == 1 and num_in == num_out, expansion > 1
        if self.is_expanded:
            self.expand_conv, self.bn0 = nn.Conv2d(num_in, wide, 1, bias=False), norm(wide)
        self.pad = padding(kernel, stride)
        self.depthwise_conv = nn.Conv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self.bn1 = norm(wide)
        self.project_conv, self.bn2 = nn.Conv2d(wide, num_out, 1, bias=False), norm(num_out)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """Return (N, num_out, …) of (N, num_in, …)."""
        wide = nn.functional.relu6(self.bn0(self.expand_conv(given))) if self.is_expanded else given
        filtered = nn.functional.relu6(self.bn1(self.depthwise_conv(self.pad(wide))))
        narrow: torch.Tensor = self.bn2(self.project_conv(filtered))
        return given + narrow if self.is_added else narrow


class LiteFeatures(nn.Module):
    """The network without what names pictures: (N, 3, H, W) inputs → features at strides 8, 16 and 32."""

    widths = (40, 112, LAST_WIDTH)
    """Channels of the three."""
    _ends = (5, 11, 16)
    """Blocks before the end of each."""

    def __init__(self) -> None:
        super().__init__()
        self.pad = padding(3, 2)
        self.conv_stem, self.bn0 = nn.Conv2d(3, STEM_WIDTH, 3, 2, bias=False), norm(STEM_WIDTH)
        self.blocks = nn.ModuleList(blocks())

    def forward(self, inputs: torch.Tensor) -> list[torch.Tensor]:
        """Return the three, the finest first."""
        features = nn.functional.relu6(self.bn0(self.conv_stem(self.pad(inputs))))
        found = []
        for number, block in enumerate(self.blocks, 1):
            features = block(features)
            if number in self._ends:
                found.append(features)
        return found

    def stages(self) -> list[nn.Module]:
        """Return five groups of layers in order, each but the last ending where the size halves."""
        inner = list(self.blocks)
        first = nn.ModuleList([self.conv_stem, self.bn0, inner[0]])
        return [first, *(nn.ModuleList(inner[start:end]) for start, end in ((1, 3), (3, 5), (5, 11), (11, 16)))]


def blocks() -> Iterator[Block]:
    """Yield the sixteen blocks."""
    num_in = STEM_WIDTH
    for group in _GROUPS:
        for place in range(group.repeats):
            stride = group.stride if place == 0 else 1
            yield Block(num_in, group.width, kernel=group.kernel, stride=stride, expansion=group.expansion)
            num_in = group.width


def norm(width: int) -> nn.BatchNorm2d:
    """Return the normalization that follows a convolution."""
    return nn.BatchNorm2d(width, eps=_EPSILON)


def padding(kernel: int, stride: int) -> nn.ZeroPad2d:
    """Return TensorFlow's padding of inputs with even sides."""
    total = kernel - stride
    return nn.ZeroPad2d((total // 2, total - total // 2, total // 2, total - total // 2))
