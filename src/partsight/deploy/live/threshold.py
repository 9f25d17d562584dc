"""The score from which a part counts on this station; a page can set it from now on."""

from typing import final

from partsight.deploy.model_folder import ModelFolder
from partsight.deploy.operating_point import store_threshold


@final
class LiveThreshold:
    """One number for pages, events, counts and checks."""

    def __init__(self, value: float, folder: ModelFolder) -> None:
        self._value, self._folder = value, folder

    def __call__(self) -> float:
        """Return it as it is now."""
        return self._value

    def store(self, value: float) -> None:
        """Use it from now on: here at once, and kept in the model folder for later. Raises StorageError, ModelError."""
        store_threshold(self._folder, value, set_by="the live page")
        self._value = value
