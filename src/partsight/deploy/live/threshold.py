"""The score from which a part counts on this station: one for all classes or one for each; a page can set it from now on."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, final

from partsight.deploy.model_folder import ModelFolder
from partsight.deploy.operating_point import store_threshold

LimitOf: TypeAlias = Callable[[int], float]
"""Gives the score from which a part of a class counts, by the number of the class."""


@final
class LiveThreshold:
    """What pages, events, counts and checks go by."""

    def __init__(
        self, value: float, class_limits: Sequence[float], folder: ModelFolder, *, is_stated: bool = False
    ) -> None:
        self._value, self._class_limits, self._folder = value, tuple(class_limits), folder
        self._is_stated = is_stated

    @property
    def value(self) -> float:
        """The one for all classes; where each has its own, what a page shows as the slider's place."""
        return self._value

    @property
    def class_limits(self) -> tuple[float, ...]:
        """One for each class; empty where `value` serves all."""
        return self._class_limits

    def of(self, class_id: int) -> float:
        """Return the score from which a part of a class counts."""
        return self._class_limits[class_id] if self._class_limits else self._value

    def follow(self, value: float, class_limits: Sequence[float]) -> None:
        """Take the limits of a model that was exported anew, unless the user stated one."""
        if not self._is_stated:
            self._value, self._class_limits = value, tuple(class_limits)

    def store(self, value: float) -> None:
        """Use one for all classes from now on: here at once, and kept in the model folder. Raises StorageError, ModelError."""
        store_threshold(self._folder, value, set_by="the live page")
        self._value, self._class_limits = value, ()
