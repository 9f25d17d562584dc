"""What the compact family learns by: each box is given to the places that fit it best (task-aligned assignment, Feng et al. 2021).

A place's score is to be how well its box fits, so that the best box of a thing also has its best score.
"""

from dataclasses import dataclass

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from partsight.detector.families.compact.network import places

_NUM_PLACES = 10
"""Most places that learn one box."""
_SCORE_POWER, _IOU_POWER = 0.5, 6.0
"""How much score and overlap count when places are chosen."""
_BOX_WEIGHT, _CLASS_WEIGHT = 7.5, 0.5
_LEAST_SIDE_PX = 12.0
"""Boxes narrower than this are widened to it when places inside are looked for: between two places there would be none."""
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Targets:
    """The truth of one picture."""

    boxes_xyxy: torch.Tensor
    """(M, 4) in pixels of the input."""
    class_ids: torch.Tensor
    """(M,)."""


@dataclass(frozen=True, slots=True)
class _Assignment:
    """Which places of one picture learn which box."""

    place_ids: torch.Tensor
    target_ids: torch.Tensor
    quality: torch.Tensor
    """The score each of these places is to have."""


def detection_loss(
    boxes: torch.Tensor, logits: torch.Tensor, targets: list[Targets], picture_hw: tuple[int, int]
) -> tuple[torch.Tensor, dict[str, float]]:
    """Return the loss of a batch, and its two addends for the history."""
    boxes, logits = boxes.float(), logits.float()
    centers, _ = places(picture_hw, boxes)
    wanted, misfit, total = torch.zeros_like(logits), boxes.sum() * 0, 0.0
    for k, target in enumerate(targets):
        found = _assign(boxes[k].detach(), logits[k].detach().sigmoid(), centers, target)
        if found is None:
            continue
        wanted[k, found.place_ids, target.class_ids[found.target_ids]] = found.quality
        fit = complete_iou(boxes[k, found.place_ids], target.boxes_xyxy[found.target_ids])
        misfit = misfit + ((1 - fit) * found.quality).sum()
        total += float(found.quality.sum())
    box_loss = _BOX_WEIGHT * misfit / max(total, 1.0)
    class_loss = _CLASS_WEIGHT * binary_cross_entropy_with_logits(logits, wanted, reduction="sum") / max(total, 1.0)
    return box_loss + class_loss, {"box_loss": float(box_loss.detach()), "class_loss": float(class_loss.detach())}


def complete_iou(boxes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return overlap less the distance of the middles and the difference of the aspects (CIoU, Zheng et al. 2020), row by row."""
    overlap = _overlap(boxes, others)
    low, high = torch.minimum(boxes[:, :2], others[:, :2]), torch.maximum(boxes[:, 2:], others[:, 2:])
    span = (high - low).square().sum(dim=-1) + _TINY
    apart = (boxes[:, :2] + boxes[:, 2:] - others[:, :2] - others[:, 2:]).square().sum(dim=-1) / 4
    angle, other_angle = (
        torch.atan2(sides[:, 0], sides[:, 1].clamp(min=_TINY)) for sides in (_sides(boxes), _sides(others))
    )
    aspect = (4 / torch.pi**2) * (angle - other_angle).square()
    with torch.no_grad():
        weight = aspect / (1 - overlap + aspect + _TINY)
    return overlap - apart / span - weight * aspect


def _sides(boxes: torch.Tensor) -> torch.Tensor:
    return boxes[..., 2:] - boxes[..., :2]


def _overlap(boxes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return the intersection over union; the shapes broadcast."""
    low = torch.maximum(boxes[..., :2], others[..., :2])
    high = torch.minimum(boxes[..., 2:], others[..., 2:])
    shared = (high - low).clamp(min=0).prod(dim=-1)
    return shared / (_sides(boxes).prod(dim=-1) + _sides(others).prod(dim=-1) - shared + _TINY)


def _assign(boxes: torch.Tensor, scores: torch.Tensor, centers: torch.Tensor, target: Targets) -> _Assignment | None:
    """Give each box of a picture the places inside it that score and fit best; a place wanted twice goes to what it overlaps most."""
    if not len(target.boxes_xyxy):
        return None
    overlap = _overlap(target.boxes_xyxy[:, None], boxes[None])
    agreement = scores[:, target.class_ids].T ** _SCORE_POWER * overlap**_IOU_POWER
    is_inside = _is_inside(centers, target.boxes_xyxy)
    agreement = torch.where(is_inside, agreement, -1.0)
    best = agreement.topk(min(_NUM_PLACES, agreement.shape[1]), dim=1).indices
    is_chosen = torch.zeros_like(is_inside).scatter_(1, best, value=True) & is_inside
    rival = torch.where(is_chosen, overlap, -1.0)
    place_ids = torch.nonzero(is_chosen.any(dim=0)).flatten()
    if not len(place_ids):
        return None
    target_ids = rival[:, place_ids].argmax(dim=0)
    kept = torch.zeros_like(is_chosen)
    kept[target_ids, place_ids] = True
    top = torch.where(kept, agreement, 0.0).amax(dim=1) + _TINY
    fit = torch.where(kept, overlap, 0.0).amax(dim=1)
    return _Assignment(place_ids, target_ids, agreement[target_ids, place_ids] / top[target_ids] * fit[target_ids])


def _is_inside(centers: torch.Tensor, boxes_xyxy: torch.Tensor) -> torch.Tensor:
    """Return (M, N): which middles of places lie in which box."""
    middles = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    halves = _sides(boxes_xyxy).clamp(min=_LEAST_SIDE_PX) / 2
    return ((centers[None] - middles[:, None]).abs() < halves[:, None]).all(dim=-1)
