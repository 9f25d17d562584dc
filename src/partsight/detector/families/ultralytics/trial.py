"""A training step of the Ultralytics family with made-up pictures, to see what it costs."""

from collections.abc import Callable
from functools import partial
from typing import Any

from partsight.config.sections.train import TrainSection
from partsight.detector.detector import TrialStep
from partsight.detector.families.half_precision import precision_of, run_in_bfloat16
from partsight.detector.families.ultralytics.weights import build_network, finds_masks

_BOXES = ((0.25, 0.2, 0.3, 0.2), (0.7, 0.55, 0.4, 0.7), (0.25, 0.65, 0.1, 0.1), (0.12, 0.85, 0.15, 0.1))
"""Center and size, in shares of the sides, on every made-up picture."""
_MASK_STRIDE = 4
"""Masks are learned at this share of the input's size."""


def open_trial(section: TrainSection, num_classes: int, device: str) -> TrialStep:
    """Return what makes a training step; the library's augmentation and reading of files are not in it."""
    import torch
    from ultralytics.cfg import get_cfg

    network = build_network(section.network, num_classes).to(device).train()
    network.args = get_cfg()
    for name, parameter in network.named_parameters():
        parameter.requires_grad = not any(name.startswith(f"model.{layer}.") for layer in range(section.freeze))
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=section.learning_rate)
    precision = precision_of(section, device)
    if precision == "bfloat16":
        run_in_bfloat16(network)
    kind, is_mixed = ("cpu" if device == "cpu" else "cuda"), precision == "float16"
    made_up = partial(_made_up, side=section.image_size, num_classes=num_classes, device=device)
    if finds_masks(section.network):
        made_up = partial(_with_masks, made_up)
    scaler = torch.amp.GradScaler(kind, enabled=is_mixed)

    def step(size: int) -> None:
        with torch.autocast(kind, enabled=is_mixed):
            loss, _ = network.loss(made_up(size))
        scaler.scale(loss.sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        if device != "cpu":
            torch.cuda.synchronize(device)

    return step


def _made_up(size: int, *, side: int, num_classes: int, device: str) -> dict[str, Any]:
    import torch

    boxes = torch.tensor(_BOXES, device=device)
    return {
        "img": torch.rand(size, 3, side, side, device=device),
        "batch_idx": torch.arange(size, device=device).repeat_interleave(len(boxes)).float(),
        "cls": (torch.arange(size * len(boxes), device=device) % num_classes).float()[:, None],
        "bboxes": boxes.repeat(size, 1),
    }


def _with_masks(made_up: Callable[[int], dict[str, Any]], size: int) -> dict[str, Any]:
    """Return made-up pictures whose boxes are filled, numbered as the library numbers masks that share a picture."""
    import torch

    batch = made_up(size)
    side = batch["img"].shape[-1] // _MASK_STRIDE
    one = torch.zeros(side, side, device=batch["img"].device)
    for number, (x, y, width, height) in enumerate(_BOXES, start=1):
        left, right, top, bottom = (
            round(edge * side) for edge in (x - width / 2, x + width / 2, y - height / 2, y + height / 2)
        )
        one[top:bottom, left:right] = number
    masks = one.expand(size, -1, -1).contiguous()
    return {**batch, "masks": masks, "sem_masks": torch.zeros_like(masks)}
