"""A model folder that was exported anew while the page is open: taken up when a page is loaded, without starting again."""

import threading
from collections.abc import Callable
from typing import final

from partsight.deploy.live.fair_lock import SharedDetector
from partsight.deploy.live.threshold import LiveThreshold
from partsight.deploy.model import Model
from partsight.deploy.model_folder import ModelFolder, read_model_folder
from partsight.errors import PartsightError


@final
class LiveModel:
    """The model of a station as it is now."""

    def __init__(
        self,
        model: Model,
        detector: SharedDetector,
        threshold: LiveThreshold,
        *,
        load: Callable[[], Model] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self._folder, self._detector, self._threshold = model.folder, detector, threshold
        self._load, self._say = load, say
        self._lock = threading.Lock()
        self._told = ""

    @property
    def folder(self) -> ModelFolder:
        """The folder that cards and documents come from."""
        return self._folder

    def renew(self) -> None:
        """Take up other networks, cards and thresholds if there are any; what cannot be used is told once, and the old ones stay."""
        if self._load is None:
            return
        with self._lock:
            try:
                self._take_up(self._load)
                self._told = ""
            except (PartsightError, OSError) as error:  # for instance while the folder is being replaced
                self._tell(f"the model on disk cannot be used, the one from before stays: {error}")

    def _take_up(self, load: Callable[[], Model]) -> None:
        found = read_model_folder(self._folder.path)
        if found.description == self._folder.description:
            return
        if found.description.class_names != self._folder.description.class_names:
            self._tell("the model on disk has other classes; start this command again to use it")
            return
        if _networks(found) != _networks(self._folder):
            self._detector.replace(load().detector)
            self._say("the model that was exported anew is used from now on")
        self._folder = found
        self._threshold.follow(found.description.threshold, found.description.class_thresholds)

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._say(text)


def _networks(folder: ModelFolder) -> object:
    return folder.description.networks, folder.description.spec, folder.description.verifier
