"""The library's trainer, as every process of a training has it: those that the library starts for several GPUs import this module."""

from typing import Any, final

from ultralytics.models.yolo.detect import DetectionTrainer

from partsight.detector.families.ultralytics_library import open_library


@final
class Trainer(DetectionTrainer):
    """Trains with the library opened as Partsight opens it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        open_library()
        super().__init__(*arguments, **options)
