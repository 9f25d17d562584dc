"""Nouns as plain JSON-like values."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import Any

import numpy as np


def as_plain(value: Any) -> Any:
    """Return dicts, lists, numbers and strings only; NaN and infinity become None. Raises TypeError on other types."""
    if isinstance(value, np.ndarray | np.generic):
        return as_plain(value.tolist())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> str | int | float | None:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, PurePath):
        return value.as_posix()
    raise TypeError(f"a {type(value).__name__} has no plain form")
