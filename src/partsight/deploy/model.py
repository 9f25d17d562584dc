"""A model folder in use: `partsight.load("model/").detect("photo.jpg")`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from partsight.deploy.description import ModelDescription, PartCard
from partsight.deploy.exported_detector import open_detector
from partsight.deploy.model_folder import ModelFolder, read_model_folder
from partsight.detector.detector import Detector
from partsight.errors import SourceError
from partsight.pictures import read_picture
from partsight.structures.arrays import FloatArray, Image
from partsight.structures.detections import Detections, Threshold, above
from partsight.structures.mask import Mask
from partsight.structures.offered import html_of

PictureInput: TypeAlias = "Image | PillowImage.Image | str | PathLike[str]"
"""An (H, W, 3) RGB uint8 array, a Pillow picture, or the path of a picture file."""
MAX_DETECTIONS = 100


@dataclass(frozen=True, slots=True, eq=False)
class FoundPart:
    """One recognized part."""

    name: str
    score: float
    box_xyxy: FloatArray
    """Left, top, right, bottom in pixels of the picture."""
    class_id: int
    mask: Mask | None = None
    """Its pixels (`mask.pixels`); None where the model finds boxes only."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundParts:
    """What was recognized in a picture, best first."""

    detections: Detections
    class_names: tuple[str, ...]
    picture_path: Path | None = None
    """The file that was looked at; None for arrays and Pillow pictures, which are not kept."""

    def __len__(self) -> int:
        return len(self.detections.scores)

    def __iter__(self) -> Iterator[FoundPart]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, place: int) -> FoundPart:
        """Return one part, 0 for the best."""
        found = self.detections[place]
        return FoundPart(self.class_names[found.class_id], found.score, found.box_xyxy, found.class_id, found.mask)

    def to_supervision(self) -> Any:
        """Return these as supervision.Detections (extra [supervision]), with the names in `data["class_name"]`."""
        return self.detections.to_supervision(self.class_names)

    def to_pandas(self) -> Any:
        """Return a pandas.DataFrame with one row for each part (extra [pandas]). Raises ExtraError without pandas."""
        return self.detections.to_pandas(self.class_names)

    def draw(self, picture: "PictureInput | None" = None) -> PillowImage.Image:
        """Return the picture with the parts, names and scores; by default the file that was looked at.

        Raises SourceError where the picture was no file and is not given.
        """
        given = self.picture_path if picture is None else picture
        if given is None:
            raise SourceError("picture: what was looked at was no file, so give the array or the Pillow picture again.")
        drawn: PillowImage.Image = self.detections.draw(given, self.class_names)
        return drawn

    def _repr_html_(self) -> str:
        return html_of(self, "results", "show_found_parts")


@dataclass(frozen=True)
class Model:
    """A model folder, ready to look at pictures; neither torch nor the detector's library is loaded."""

    folder: ModelFolder
    detector: Detector

    @property
    def description(self) -> ModelDescription:
        """What model.json says."""
        return self.folder.description

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The classes in the order of their numbers."""
        return self.description.class_names

    @property
    def threshold(self) -> float:
        """The score from which a detection is reported, chosen on validation pictures."""
        return self.description.threshold

    @property
    def limits(self) -> Threshold:
        """The threshold that counts: that of all classes, or (C,) one for each."""
        own = self.description.class_thresholds
        return np.array(own) if own else self.threshold

    def detect(
        self, picture: PictureInput, *, threshold: float | None = None, max_detections: int = MAX_DETECTIONS
    ) -> FoundParts:
        """Return the parts in a picture, above the model's own thresholds or above this one.

        Raises SourceError for an array of another kind, DatasetError for a bad file.
        """
        limits = self.limits if threshold is None else threshold
        (found,) = self.detector.detect([as_image(picture)], float(np.min(limits)), max_detections)
        path = Path(picture) if isinstance(picture, str | PathLike) else None
        return FoundParts(above(found, limits), self.class_names, path)

    def card(self, class_id: int) -> PartCard:
        """Return what is known about a part: description, documents, details."""
        return self.description.card(class_id)


def load(
    path: "str | PathLike[str]", *, runtime: str = "auto", threads: int = 0, image_size: int | None = None
) -> Model:
    """Open a model folder made by `partsight export`. Raises ModelError.

    `runtime`: auto, onnx or openvino. `threads`: 0 takes all free cores. `image_size`: another input size than the trained one.
    """
    folder = read_model_folder(Path(path))
    return Model(folder, open_detector(folder, runtime=runtime, threads=threads, image_size=image_size))


def as_image(picture: PictureInput) -> Image:
    """Return a picture as RGB uint8 array, the right way up. Raises SourceError, DatasetError."""
    if isinstance(picture, str | PathLike):
        return read_picture(Path(picture))
    if isinstance(picture, PillowImage.Image):
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    return _checked(picture)


def _checked(array: Any) -> Image:
    shape, dtype = getattr(array, "shape", None), getattr(array, "dtype", None)
    if shape is None or len(shape) != 3 or shape[2] != 3 or dtype != np.uint8 or 0 in shape:
        raise SourceError(
            f"picture: found an array of shape {shape} and type {dtype}, expected (height, width, 3) of uint8 in the order "
            "red, green, blue. OpenCV reads blue, green, red: give image[..., ::-1]."
        )
    image: Image = np.ascontiguousarray(array)
    return image
