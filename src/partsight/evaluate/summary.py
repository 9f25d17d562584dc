"""Evaluations as JSON: what is written beside a run, and read back for comparison."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from partsight.errors import EvaluationError
from partsight.structures.arrays import FloatArray
from partsight.structures.evaluation import (
    CalibrationBin,
    Cause,
    Curve,
    Evaluation,
    FalseDetections,
    Interval,
    Judgment,
    OtherThreshold,
    Score,
    SecondOpinion,
    ShapeFigures,
    ShapeScore,
    Slice,
    ThresholdChoice,
    UnknownObjects,
)
from partsight.structures.plain import as_plain


def evaluation_as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as JSON-like values, keys as the fields are named; NaN becomes null."""
    plain: dict[str, Any] = as_plain(evaluation)
    return plain


def evaluation_from_json(content: Mapping[str, Any]) -> Evaluation:
    """Return the evaluation that `evaluation_as_json` was given. Raises EvaluationError when fields do not fit."""
    try:
        return _read_evaluation(content)
    except (KeyError, TypeError, ValueError) as error:
        raise EvaluationError(
            f"this is not an evaluation written by this version of Partsight ({type(error).__name__}: {error}). "
            "Evaluate again with `partsight evaluate`."
        ) from error


def _read_evaluation(content: Mapping[str, Any]) -> Evaluation:
    rate = "false_positives_per_empty_image"
    read = {
        "class_names": tuple(content["class_names"]),
        "overall": _read_score(content["overall"]),
        "per_class": tuple(_read_score(score) for score in content["per_class"]),
        "class_agnostic_ap50": _read_number(content["class_agnostic_ap50"]),
        "confusion": np.array(content["confusion"]),
        rate: _read_number(content[rate]),
        "intervals": {name: _read_interval(interval) for name, interval in content["intervals"].items()},
        "curves": tuple(_read_curve(curve) for curve in content["curves"]),
        "calibration": tuple(CalibrationBin(**one) for one in content.get("calibration", ())),
        "causes": tuple(
            Cause(**{**one, "interval": _read_interval(one["interval"])}) for one in content.get("causes", ())
        ),
        "unknown": _read_unknown(content.get("unknown")),
        "second_opinion": _read_opinion(content.get("second_opinion")),
        "choice": None if content.get("choice") is None else ThresholdChoice(**content["choice"]),
        "false_detections": _read_false(content.get("false_detections")),
        "other_thresholds": tuple(_read_other(one) for one in content.get("other_thresholds", ())),
        "masks": _read_masks(content.get("masks")),
        "class_thresholds": tuple(content.get("class_thresholds", ())),
        "slices": tuple(_read_slice(one) for one in content.get("slices", ())),
    }
    return Evaluation(**{**content, **read})


def _read_unknown(content: Mapping[str, Any] | None) -> UnknownObjects | None:
    return None if content is None else UnknownObjects(**{**content, "taken_as": tuple(content["taken_as"])})


def _read_false(content: Mapping[str, Any] | None) -> FalseDetections | None:
    share = "share_of_parts_at_edge"
    return None if content is None else FalseDetections(**{**content, share: _read_number(content[share])})


def _read_other(content: Mapping[str, Any]) -> OtherThreshold:
    return OtherThreshold(**{**content, **{name: _read_number(content[name]) for name in ("precision", "recall")}})


def _read_masks(content: Mapping[str, Any] | None) -> ShapeFigures | None:
    if content is None:
        return None
    overall, per_class = _read_shape(content["overall"]), tuple(map(_read_shape, content["per_class"]))
    return ShapeFigures(**{**content, "overall": overall, "per_class": per_class})


def _read_shape(content: Mapping[str, Any]) -> ShapeScore:
    return ShapeScore(**{**content, **{name: _read_number(content[name]) for name in ("ap50", "ap50_95")}})


def _read_opinion(content: Mapping[str, Any] | None) -> SecondOpinion | None:
    if content is None:
        return None
    return SecondOpinion(**{**content, **{name: _read_judgment(content[name]) for name in ("before", "after")}})


def _read_judgment(content: Mapping[str, Any]) -> Judgment:
    figures = {name: _read_number(content[name]) for name in ("threshold", "map50", "precision", "recall")}
    return Judgment(**{**content, **figures})


def _read_score(content: Mapping[str, Any]) -> Score:
    num_boxes = content["num_boxes"]
    figures = {name: _read_number(figure) for name, figure in content.items() if name != "num_boxes"}
    return Score(num_boxes=num_boxes, **figures)


def _read_interval(content: Mapping[str, Any]) -> Interval:
    return Interval(_read_number(content["low"]), _read_number(content["high"]))


def _read_slice(content: Mapping[str, Any]) -> Slice:
    interval = content["interval"]
    return Slice(**{**content, "interval": None if interval is None else _read_interval(interval)})


def _read_curve(content: Mapping[str, Any]) -> Curve:
    thresholds, precision, recall = (_read_numbers(content[name]) for name in ("thresholds", "precision", "recall"))
    return Curve(content["class_name"], thresholds, precision, recall)


def _read_numbers(values: Sequence[float | None]) -> FloatArray:
    return np.array([_read_number(value) for value in values], dtype=np.float64)


def _read_number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
