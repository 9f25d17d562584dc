"""The compact family's networks: YOLOX-Nano and -Tiny (Ge et al. 2021) in plain torch, and Nano's neck and head on EfficientNet-Lite0.

A backbone, a path-aggregating neck and a decoupled head at strides 8, 16 and 32. Tensors carry the names of the
published weights, so that those can be taken over. There is no objectness branch: a class score says how well its box fits
(task-aligned learning, Feng et al. 2021), which needs one target less and learns from fewer pictures.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from partsight.detector.backbones.lite import PIXEL_MEAN, PIXEL_SCALE, LiteFeatures
from partsight.errors import DetectorError

STRIDES = (8, 16, 32)
LITE = "lite0"
"""The network whose backbone is EfficientNet-Lite0."""
_FIRST_SIZE = 4.0
"""Size of every box before training, in strides: the three levels then span what is usually seen."""
_PRIOR = 0.01
"""Score of every class before training, so that the many empty places do not drown the few boxes (Lin et al. 2017)."""


@dataclass(frozen=True, slots=True)
class Size:
    """How wide and deep a network is, against YOLOX-L."""

    width: float
    depth: float
    is_depthwise: bool
    is_lite: bool = False
    """Whether its backbone is EfficientNet-Lite0, which has a width of its own."""


SIZES: Mapping[str, Size] = {
    "nano": Size(0.25, 0.33, is_depthwise=True),
    "tiny": Size(0.375, 0.33, is_depthwise=False),
    LITE: Size(0.25, 0.33, is_depthwise=True, is_lite=True),
}


def build_network(model: str, num_classes: int) -> "CompactNetwork":
    """Return an untrained network by name. Raises DetectorError for an unknown one."""
    if model not in SIZES:
        raise DetectorError(
            f"train.model = {model!r}: unknown to the family 'compact'. Known: {', '.join(SIZES)}. "
            "(YOLOv8 and its relatives need train.family = 'ultralytics'.)"
        )
    return CompactNetwork(SIZES[model], num_classes)


class CompactNetwork(nn.Module):
    """Pictures (B, 3, H, W) in 0…1, RGB, both sides multiples of 32 → boxes (B, N, 4) as corners in pixels, class logits (B, N, C)."""

    def __init__(self, size: Size, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.backbone = _Neck(size)
        self.head = _Head(size, num_classes)

    def stages(self) -> list[nn.Module]:
        """Return the five groups of first layers in order, as `train.freeze` counts them."""
        return self.backbone.backbone.stages()

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return boxes and logits of every place."""
        raw, logits, shapes = self.head(self.backbone(pictures))
        centers, strides = _places(shapes, raw)
        middles, sizes = (raw[..., :2] * strides + centers), raw[..., 2:].clamp(max=8.0).exp() * strides
        return torch.cat([middles - sizes / 2, middles + sizes / 2], dim=-1), logits


class ExportableNetwork(nn.Module):
    """The same network with one answer: (B, 4 + C, N), boxes as center and size, then a score for each class."""

    def __init__(self, network: CompactNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the candidates."""
        boxes, logits = self.network(pictures)
        low, high = boxes.split(2, dim=-1)
        return torch.cat([(low + high) / 2, high - low, logits.sigmoid()], dim=-1).transpose(1, 2)


def places(picture_hw: tuple[int, int], like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the middle (N, 2) in pixels and the stride (N, 1) of every place of a picture."""
    centers, strides = _places([(picture_hw[0] // stride, picture_hw[1] // stride) for stride in STRIDES], like)
    return centers + strides / 2, strides


def _places(shapes: list[tuple[int, int]], like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the upper left corner (N, 2) of every place, from which boxes are told, and its stride (N, 1)."""
    corners, strides = [], []
    for (height, width), stride in zip(shapes, STRIDES, strict=True):
        rows = torch.arange(height, device=like.device, dtype=like.dtype)
        columns = torch.arange(width, device=like.device, dtype=like.dtype)
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        corners.append(torch.stack([x, y], dim=-1).reshape(-1, 2) * stride)
        strides.append(torch.full_like(corners[-1][:, :1], stride))
    return torch.cat(corners), torch.cat(strides)


class _Conv(nn.Module):
    """Convolution, batch norm, SiLU."""

    def __init__(self, num_in: int, num_out: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(num_in, num_out, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(num_out, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.bn(self.conv(x)))


class _Separable(nn.Module):
    """A convolution in two steps: each channel by itself, then across channels."""

    def __init__(self, num_in: int, num_out: int, kernel: int, *, stride: int = 1) -> None:
        super().__init__()
        self.dconv = _Conv(num_in, num_in, kernel, stride=stride, groups=num_in)
        self.pconv = _Conv(num_in, num_out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pconv(self.dconv(x))


def _spatial(size: Size, num_in: int, num_out: int, *, stride: int = 1) -> nn.Module:
    kind = _Separable if size.is_depthwise else _Conv
    return kind(num_in, num_out, 3, stride=stride)


class _Bottleneck(nn.Module):
    def __init__(self, size: Size, num_channels: int, *, is_residual: bool) -> None:
        super().__init__()
        self.conv1 = _Conv(num_channels, num_channels, 1)
        self.conv2 = _spatial(size, num_channels, num_channels)
        self.is_residual = is_residual

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv2(self.conv1(x))
        return x + y if self.is_residual else y


class _Stage(nn.Module):
    """A cross-stage partial block: half the channels through bottlenecks, half past them."""

    def __init__(self, size: Size, num_in: int, num_out: int, *, num_blocks: int, is_residual: bool) -> None:
        super().__init__()
        half = num_out // 2
        self.conv1, self.conv2 = _Conv(num_in, half, 1), _Conv(num_in, half, 1)
        self.conv3 = _Conv(2 * half, num_out, 1)
        self.m = nn.Sequential(*(_Bottleneck(size, half, is_residual=is_residual) for _ in range(num_blocks)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv3(torch.cat([self.m(self.conv1(x)), self.conv2(x)], dim=1))


class _Pyramid(nn.Module):
    """Spatial pyramid pooling: the same features seen over 5, 9 and 13 places."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.conv1 = _Conv(num_channels, num_channels // 2, 1)
        self.m = nn.ModuleList(nn.MaxPool2d(kernel, stride=1, padding=kernel // 2) for kernel in (5, 9, 13))
        self.conv2 = _Conv(2 * num_channels, num_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        return self.conv2(torch.cat([x, *(pool(x) for pool in self.m)], dim=1))


class _Stem(nn.Module):
    """Every other pixel into a channel of its own, then one convolution: half the picture's size without losing a pixel."""

    def __init__(self, num_out: int) -> None:
        super().__init__()
        self.conv = _Conv(12, num_out, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        upper, lower = x[..., ::2, :], x[..., 1::2, :]
        return self.conv(torch.cat([upper[..., ::2], lower[..., ::2], upper[..., 1::2], lower[..., 1::2]], dim=1))


class _Backbone(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        base, num_blocks = int(size.width * 64), max(round(size.depth * 3), 1)
        self.stem = _Stem(base)
        self.dark2 = self._stage(size, base, num_blocks)
        self.dark3 = self._stage(size, 2 * base, 3 * num_blocks)
        self.dark4 = self._stage(size, 4 * base, 3 * num_blocks)
        self.dark5 = nn.Sequential(
            _spatial(size, 8 * base, 16 * base, stride=2),
            _Pyramid(16 * base),
            _Stage(size, 16 * base, 16 * base, num_blocks=num_blocks, is_residual=False),
        )

    @staticmethod
    def _stage(size: Size, num_in: int, num_blocks: int) -> nn.Module:
        return nn.Sequential(
            _spatial(size, num_in, 2 * num_in, stride=2),
            _Stage(size, 2 * num_in, 2 * num_in, num_blocks=num_blocks, is_residual=True),
        )

    def stages(self) -> list[nn.Module]:
        return [self.stem, self.dark2, self.dark3, self.dark4, self.dark5]

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        fine = self.dark3(self.dark2(self.stem(x)))
        middle = self.dark4(fine)
        return [fine, middle, self.dark5(middle)]


class _LiteBackbone(nn.Module):
    """EfficientNet-Lite0, its features in the widths that the neck takes."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.features = LiteFeatures()
        wanted = (int(channels * size.width) for channels in (256, 512, 1024))
        self.laterals = nn.ModuleList(_Conv(*widths, 1) for widths in zip(self.features.widths, wanted, strict=True))

    def stages(self) -> list[nn.Module]:
        return self.features.stages()

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        found = self.features((x * 255.0 - PIXEL_MEAN) / PIXEL_SCALE)
        return [lateral(level) for lateral, level in zip(self.laterals, found, strict=True)]


class _Neck(nn.Module):
    """Coarse features handed down to the fine, then up again."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        low, mid, high = (int(channels * size.width) for channels in (256, 512, 1024))
        blocks: dict[str, Any] = {"num_blocks": max(round(size.depth * 3), 1), "is_residual": False}
        self.backbone = _LiteBackbone(size) if size.is_lite else _Backbone(size)
        self.lateral_conv0 = _Conv(high, mid, 1)
        self.C3_p4 = _Stage(size, 2 * mid, mid, **blocks)
        self.reduce_conv1 = _Conv(mid, low, 1)
        self.C3_p3 = _Stage(size, 2 * low, low, **blocks)
        self.bu_conv2 = _spatial(size, low, low, stride=2)
        self.C3_n3 = _Stage(size, 2 * low, mid, **blocks)
        self.bu_conv1 = _spatial(size, mid, mid, stride=2)
        self.C3_n4 = _Stage(size, 2 * mid, high, **blocks)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        fine, middle, coarse = self.backbone(x)
        from_coarse = self.lateral_conv0(coarse)
        joined = self.C3_p4(torch.cat([_doubled(from_coarse), middle], dim=1))
        from_middle = self.reduce_conv1(joined)
        out_fine = self.C3_p3(torch.cat([_doubled(from_middle), fine], dim=1))
        out_middle = self.C3_n3(torch.cat([self.bu_conv2(out_fine), from_middle], dim=1))
        return [out_fine, out_middle, self.C3_n4(torch.cat([self.bu_conv1(out_middle), from_coarse], dim=1))]


def _doubled(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


class _Head(nn.Module):
    """Classes and boxes by branches of their own."""

    def __init__(self, size: Size, num_classes: int) -> None:
        super().__init__()
        inner = int(256 * size.width)
        sources = [int(channels * size.width) for channels in (256, 512, 1024)]
        self.stems = nn.ModuleList(_Conv(channels, inner, 1) for channels in sources)
        self.cls_convs = nn.ModuleList(self._branch(size, inner) for _ in sources)
        self.reg_convs = nn.ModuleList(self._branch(size, inner) for _ in sources)
        self.cls_preds = nn.ModuleList(nn.Conv2d(inner, num_classes, 1) for _ in sources)
        self.reg_preds = nn.ModuleList(nn.Conv2d(inner, 4, 1) for _ in sources)
        for layer in self.cls_preds:
            nn.init.constant_(layer.bias, math.log(_PRIOR / (1 - _PRIOR)))
        for layer in self.reg_preds:
            layer.bias.data.copy_(torch.tensor([0.5, 0.5, *[math.log(_FIRST_SIZE)] * 2]))

    @staticmethod
    def _branch(size: Size, inner: int) -> nn.Module:
        return nn.Sequential(_spatial(size, inner, inner), _spatial(size, inner, inner))

    def forward(self, levels: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, list[tuple[int, int]]]:
        boxes, logits, shapes = [], [], []
        for k, level in enumerate(levels):
            x = self.stems[k](level)
            boxes.append(self.reg_preds[k](self.reg_convs[k](x)).flatten(2))
            logits.append(self.cls_preds[k](self.cls_convs[k](x)).flatten(2))
            shapes.append((x.shape[-2], x.shape[-1]))
        return torch.cat(boxes, dim=2).transpose(1, 2), torch.cat(logits, dim=2).transpose(1, 2), shapes
