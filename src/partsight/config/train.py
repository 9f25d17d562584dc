"""Settings of `train`: which network learns, from where, for how long."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from partsight.config.section import Section, Share


class TrainSection(Section):
    """How the detector learns."""

    family: Literal["ultralytics", "compact"] = "ultralytics"
    """Detectors: `ultralytics` needs the extra [yolo] and is licensed AGPL-3.0; `compact` is Partsight's own (extra [compact])."""
    model: str = "yolov8n"
    """Network by name: yolov8n, yolov8s, yolo11n, yolo26n … of `ultralytics`; nano (taken if none is named) or tiny of `compact`."""
    weights: str = "scratch"
    """What training starts from: a weights file, `scratch`, `download` to let the library fetch its own (`ultralytics`), or
    `parts`, learned on renders of generated parts (`compact`)."""
    image_size: Annotated[int, Field(ge=32, multiple_of=32)] = 640
    """Longer side of the network's input, in pixels."""
    epochs: Annotated[int, Field(ge=1)] = 50
    """Passes over the training set."""
    batch: Annotated[int, Field(ge=1)] = 8
    """Pictures per step."""
    optimizer: Literal["AdamW", "SGD"] = "AdamW"
    """Optimizer."""
    learning_rate: Annotated[float, Field(gt=0)] = 0.001
    """Peak learning rate."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0005
    """Weight decay."""
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    """Epochs over which the rate rises."""
    patience: Annotated[int, Field(ge=0)] = 0
    """Stop after this many epochs without a better validation figure; 0 never stops early."""
    freeze: Annotated[int, Field(ge=0)] = 0
    """Number of first layers that stay as they are."""
    mosaic: Share = 1.0
    """Probability of mosaic augmentation."""
    close_mosaic: Annotated[int, Field(ge=0)] = 5
    """Last epochs without mosaic."""
    mixup: Share = 0.0
    """Probability of mixup."""
    hsv: tuple[Share, Share, Share] = (0.02, 0.7, 0.4)
    """Random change of hue, saturation and value."""
    rotate_deg: Annotated[float, Field(ge=0, le=180)] = 10.0
    """Random rotation, ±degrees."""
    scale: Share = 0.5
    """Random change of size."""
    flip: Share = 0.5
    """Probability of a left-right mirror image. Mirrored parts do not exist: 0 where handedness tells classes apart."""
    device: str | tuple[int, ...] = "auto"
    """`auto`, `cpu`, or the numbers of the GPUs, as in [0, 1, 2, 3]."""
    seed: Annotated[int, Field(ge=0)] | None = None
    """Seed of the training; the recipe's seed when not given."""
    threads: Annotated[int, Field(ge=0)] = 0
    """CPU threads; 0 means all cores that are free to this process."""

    @model_validator(mode="before")
    @classmethod
    def _name_network(cls, values: Any) -> Any:
        """Take the family's smallest network when none is named."""
        if isinstance(values, Mapping) and values.get("family") == "compact" and "model" not in values:
            return {**values, "model": "nano"}
        return values
