"""Settings of `train`: which network learns, from where, for how long."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from partsight.config.section import Section
from partsight.config.values import (
    Crew,
    Epochs,
    Few,
    FilePath,
    Number,
    PathText,
    ScoreBound,
    Seed,
    Share,
    Workers,
)

_STRIDE = 32
"""Sizes of inputs are multiples of it."""
MOST_PIXELS = 8192
"""Longest side of an input, that for whole photos included."""

_SUFFIXES = ("-seg", "-obb", "-pose", "-cls", "-sem")
"""Ends of names of networks for other tasks."""
SEGMENTING = ("ultralytics",)
"""Families that know masks."""

NetworkName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=64)]
"""A name, never a path: libraries evaluate what stands in the files that describe networks."""

Gpus: TypeAlias = Annotated[tuple[Workers, ...], Field(min_length=1, max_length=64)]
"""ThingRange of GPUs."""


class FinetuneSection(Section):
    """The second stage of `two_stage`: from a detector that has seen renders to one that knows the photos."""

    rate_factor: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Peak learning rate, as a share of `train.learning_rate`."""
    epochs: Epochs = 10
    """Epochs; after each one the validation pictures are looked at."""
    pictures: Number = 1600
    """Pictures in an epoch, photos repeated as often as needed: 10 × 1600 are 2000 steps of 8."""
    replay_share: Share = 0.5
    """Share of the pictures that are renders, so that what was learned from them stays."""
    negative_share: Share = 0.2
    """Share of the photos shown that have no part on them; every photo without parts of the training sessions is in."""
    freeze: Few = 0
    """Number of first layers that stay as they are in this stage."""


class HardSection(Section):
    """False alarms fed back: further trainings like `train.finetune`, with any schedule."""

    rounds: Literal["auto"] | Annotated[int, Field(ge=0, le=100)] = "auto"
    """How many, each after a look for false alarms on the training photos without parts. There are fewer when none is left. `auto`:
    one where `photos.places` holds 20 pictures or more, for a third of the training's time at most; otherwise none."""
    repeat: Annotated[int, Field(ge=2, le=1000)] = 4
    """How often photos with false alarms are shown for each time that other photos without parts are."""
    score: ScoreBound = 0.25
    """Score from which a detection on a photo without parts is a false alarm."""
    pasted: Share = 0.25
    """Share of the renders of these trainings into which something is pasted that was a false alarm, as a thing of no class."""


class SelfTrainingSection(Section):
    """Videos without labels: after all other trainings the detector labels frames itself, where it is sure, and learns from them."""

    videos: tuple[FilePath, ...] = ()
    """Videos of the place where the detector is to work. With any, there is one more training like `train.finetune` with frames of
    them among the photos."""
    frames: Number = 200
    """Frames of each video that are looked at, evenly spread."""
    score: ScoreBound = 0.5
    """Least mean score of a part, over the frames in which it was followed, for its boxes to count."""
    doubt: ScoreBound = 0.1
    """Frames with any other detection from this score up are left out."""
    track: Annotated[int, Field(ge=2, le=10_000)] = 3
    """Frames in which a part has to be seen and taken for one class."""


class AugmentSection(Section):
    """How pictures are changed each time that they are shown."""

    mosaic: Share = 1.0
    """Probability of mosaic augmentation."""
    close_mosaic: Annotated[int, Field(ge=0, le=100_000)] = 5
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


class TrainSection(Section):
    """How the detector learns."""

    task: Literal["detect", "segment"] = "detect"
    """`detect`: boxes. `segment`: boxes, and the pixels of each part (of `ultralytics`; a network's own variant for it is taken).
    Renders say exactly which pixels these are; of photos that show parts only those are learned from in which each has an outline."""
    schedule: Literal["mixed", "two_stage"] = "mixed"
    """`mixed`: one training on renders and photos together. `two_stage`: first renders (and photos without parts), then photos at a
    lower rate among renders that are shown again (`train.finetune`); the first stage is made once for all draws of photos."""

    family: Literal["ultralytics", "compact"] = "ultralytics"
    """Detectors: `ultralytics` needs the extra [yolo] and is licensed AGPL-3.0; `compact` is Partsight's own (extra [compact])."""
    model: NetworkName = "yolov8n"
    """Network by name: yolov8n, yolov8s, yolo11n, yolo26n … of `ultralytics`; lite0 (taken if none is named), nano or tiny of
    `compact`. A name, never a path."""
    weights: PathText = "auto"
    """What training starts from. `auto`: the best at hand: a file of the network's name beside the recipe or fetched before; else, at
    a terminal, one question whether it may be fetched; else what pip brings (which chooses family and network where the recipe names
    neither). Or a weights file, the folder of a trained model, `download` (of `ultralytics`: fetched once, without a question),
    `imagenet` (lite0 of `compact`), `parts` (nano of `compact`: learned on renders of generated parts), or `scratch`: nothing."""
    image_size: Annotated[int, Field(ge=_STRIDE, le=MOST_PIXELS, multiple_of=_STRIDE)] = 640
    """Longer side of the network's input, in pixels."""
    crop: Annotated[float, Field(ge=0.1, le=1)] = 1.0
    """For parts that are small in your photos: training pictures show so much of a photo's longer side (renders are drawn that way,
    photos are cut), and whole photos are looked at with an input larger by 1 / `crop`. 0.5 shows parts twice as large for the same
    time of training; detecting takes four times as long. The largest parts should still fit into a crop."""
    epochs: Epochs = 50
    """Passes over the training set."""
    batch: Literal["auto"] | Crew = "auto"
    """Pictures per step, over all GPUs. `auto` tries sizes where the training runs: 16, or 8 where an epoch would have fewer than 50
    steps; more where that is faster and leaves 50 steps, less where memory is short. What was found is kept with the training."""
    precision: Literal["auto", "single"] = "auto"
    """`auto`: layers are computed in half precision where the device is faster at it: GPUs, and processors with instructions for
    bfloat16 (of these only by `ultralytics`). `single` never."""
    optimizer: Literal["AdamW", "SGD"] = "AdamW"
    """Optimizer."""
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 0.001
    """Peak learning rate."""
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0005
    """Weight decay."""
    warmup_epochs: Annotated[float, Field(ge=0, le=100_000)] = 1.0
    """Epochs over which the rate rises."""
    patience: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Stop after this many epochs without a better validation figure; 0 never stops early."""
    freeze: Few = 0
    """Number of first layers that stay as they are."""
    device: (
        Annotated[str, Field(pattern="^[a-z0-9:,]+$", max_length=64)]
        | Annotated[tuple[Workers, ...], Field(min_length=1, max_length=64)]
    ) = "auto"
    """`auto`, `cpu`, or the numbers of the GPUs, as in [0, 1, 2, 3]."""
    seed: Seed | None = None
    """Seed of the training; the recipe's seed when not given."""
    threads: Workers = 0
    """CPU threads; 0 means all cores that are free to this process."""
    augment: AugmentSection = AugmentSection()
    finetune: FinetuneSection = FinetuneSection()
    hard: HardSection = HardSection()
    self_training: SelfTrainingSection = SelfTrainingSection()

    @model_validator(mode="after")
    def _check_detect_size(self) -> Self:
        if self.detect_size > MOST_PIXELS:
            raise ValueError(
                f"image_size / crop = {self.detect_size} pixels for whole photos, more than {MOST_PIXELS}. Lower image_size or "
                "raise crop."
            )
        return self

    @model_validator(mode="after")
    def _check_devices(self) -> Self:
        if not isinstance(self.device, str) and len(set(self.device)) < len(self.device):
            raise ValueError(f"device names a GPU twice: {list(self.device)}")
        return self

    @model_validator(mode="before")
    @classmethod
    def _name_network(cls, values: Any) -> Any:
        """Take the family's usual network when none is named: the one that its weights are of."""
        if isinstance(values, Mapping) and values.get("family") == "compact" and "model" not in values:
            return {**values, "model": "lite0" if values.get("weights", "auto") in ("auto", "imagenet") else "nano"}
        return values

    @model_validator(mode="after")
    def _check_task(self) -> Self:
        suffix = next((one for one in _SUFFIXES if self.model.endswith(one)), None)
        if suffix is not None:
            raise ValueError(
                f"model = '{self.model}': name the network without '{suffix}'; what it is to find is said by train.task."
            )
        if self.task != "detect" and self.family not in SEGMENTING:
            raise ValueError(
                f"task = '{self.task}': the family '{self.family}' finds boxes only. Set train.family = '{SEGMENTING[0]}', or "
                "train.task = 'detect'."
            )
        if self.task != "detect" and self.self_training.videos:
            raise ValueError(
                "self_training.videos: frames that the detector labels itself get boxes only. Leave it out, or set train.task = "
                "'detect'."
            )
        return self

    @property
    def network(self) -> str:
        """Name of the network that learns the task, as its makers call it."""
        return self.model if self.task == "detect" else f"{self.model}-seg"

    @property
    def detect_size(self) -> int:
        """Longer side of the network's input for whole photos, in pixels: what was learned from crops has the same size there."""
        return self.scaled_size(1)

    def scaled_size(self, scale: float) -> int:
        """Return that longer side at another scale, in whole strides."""
        return max(1, round(self.image_size / self.crop * scale / _STRIDE)) * _STRIDE
