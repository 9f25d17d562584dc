"""What `model.json` of a model folder says, checked on reading: no unknown shapes, no path that leaves the folder."""

import math
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from partsight.config.values import ClassName
from partsight.files import hash_json
from partsight.structures.network import NetworkSpec
from partsight.structures.verifier_spec import VerifierSpec

FORMAT, FORMAT_WITHOUT_MASKS, FORMAT_WITHOUT_VERIFIER = 3, 2, 1
"""Raised whenever an older Partsight could not use the folder; each folder says the least number that suffices."""
_LARGEST_INPUT = 8192
_LARGEST_STRIDE, _LARGEST_PIXEL, _LEAST_SCALE = 256, 1000.0, 0.001
_LARGEST_CROP, _WIDEST_MARGIN = 1024, 0.5


def _check_inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or ":" in path or "\0" in path:
        raise ValueError(f"{path!r} is not a path inside the folder")
    return path


def _check_link(link: str) -> str:
    if not link.lower().startswith(("http://", "https://")):
        raise ValueError(f"{link!r} is not an http or https link")
    return link


InsidePath: TypeAlias = Annotated[str, AfterValidator(_check_inside)]
"""A path with forward slashes, relative to the model folder, that stays in it."""
WebAddress: TypeAlias = Annotated[str, AfterValidator(_check_link)]
Fraction: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class _Entry(BaseModel):
    """Keys of later versions that do not raise the format number are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class NetworkFile(_Entry):
    """A network in one format."""

    path: InsidePath
    """A file or, for OpenVINO, the .xml beside its .bin; for some formats a folder."""
    sha256: str
    """Of the file, or of all files of the folder."""
    bytes: Annotated[int, Field(ge=0)]


class Document(_Entry):
    """Something to read about a part: a file in the folder or a link."""

    title: str
    path: InsidePath | None = None
    url: WebAddress | None = None

    @model_validator(mode="after")
    def _check_one(self) -> "Document":
        if (self.path is None) == (self.url is None):
            raise ValueError(f"document {self.title!r} has to have either a path or a url")
        return self


class ShapeFile(_Entry):
    """A part's mesh with its symmetries, for poses."""

    path: InsidePath
    sha256: str


class PartCard(_Entry):
    """What is shown beside a recognized part."""

    name: ClassName
    description: str = ""
    picture: InsidePath | None = None
    """A PNG of the CAD model; classes that are sub-parts of others have none."""
    documents: tuple[Document, ...] = ()
    details: dict[str, str] = Field(default_factory=dict)
    """Serial number, sector and the like, as the recipe gives them."""
    shape: ShapeFile | None = None
    """None where no pose can be found: sub-parts, and folders of earlier versions."""


class Parity(_Entry):
    """How far an exported network agrees with the checkpoint it was made from."""

    network: str
    num_pictures: int
    pictures: str
    """Where they come from: validation photos, validation renders, or the folder given."""
    num_boxes: int
    """Boxes compared: of either, above `floor`."""
    floor: float
    """Weaker boxes are not compared."""
    best_score: float
    num_unmatched: int
    least_iou: float | None
    largest_score_difference: float | None
    least_mask_iou: float | None = None
    """Of masks that are not tiny; None for networks of boxes."""
    map50_checkpoint: float | None = None
    map50_exported: float | None = None
    tolerances: dict[str, float]


class SpeedRow(_Entry):
    """Time for one picture, from array to boxes, on the machine that exported."""

    runtime: str
    threads: int
    image_size: int
    picture: str
    """Size of the picture, for instance 1920×1080."""
    median_ms: float
    num_runs: int


class CropParity(_Entry):
    """How far an exported verifier agrees with the one it was made from, and how long it takes."""

    network: str
    num_crops: int
    largest_difference: float
    """Between probabilities."""
    tolerance: float
    ms_per_crop: float
    """On one thread of the machine that exported."""


class VerifierEntry(_Entry):
    """The network that looks once more at every box that the detector proposes."""

    spec: VerifierSpec
    networks: dict[str, NetworkFile]
    parity: tuple[CropParity, ...] = ()

    @model_validator(mode="after")
    def _check_spec(self) -> "VerifierEntry":
        spec = self.spec
        is_possible = (
            1 <= spec.size_px <= _LARGEST_CROP
            and 0 <= spec.margin <= _WIDEST_MARGIN
            and 0 <= spec.padding_value <= 255
            and spec.pixel_scale > 0
            and spec.exponent > 0
            and 0 <= spec.same_place_iou <= 1
            and 0 <= spec.least_proposed <= 1
        )
        if not is_possible:
            raise ValueError(
                f"spec: expected size_px up to {_LARGEST_CROP}, margin up to {_WIDEST_MARGIN}, a gray value of 0…255, scale and "
                "exponent above 0, and least_proposed and same_place_iou within 0…1"
            )
        if "onnx" not in self.networks:
            raise ValueError("networks: 'onnx' is missing")
        return self


class ModelDescription(_Entry):
    """All of model.json."""

    kind: Literal["partsight-model"]
    format: Annotated[int, Field(ge=1)]
    name: str
    class_names: Annotated[tuple[ClassName, ...], Field(min_length=1)]
    spec: NetworkSpec
    threshold: Fraction
    threshold_source: str
    class_thresholds: tuple[Fraction, ...] = ()
    """A threshold for each class; empty where `threshold` serves all."""
    networks: dict[str, NetworkFile]
    verifier: VerifierEntry | None = None
    """None where nobody looks once more."""
    parts: tuple[PartCard, ...]
    license: str
    provenance: dict[str, JsonValue]
    parity: tuple[Parity, ...] = ()
    machine: str = ""
    speed: tuple[SpeedRow, ...] = ()
    binding: str = ""
    """Hash of what belongs together: classes, networks, and how pictures go into them; folders of earlier versions have none."""
    shapes_binding: str = ""
    """Hash of which class has which shape, in this model; empty where there are no shapes."""

    @model_validator(mode="after")
    def _check_agreement(self) -> "ModelDescription":
        if len(set(self.class_names)) != len(self.class_names):
            raise ValueError("class_names: a name occurs twice")
        if tuple(part.name for part in self.parts) != self.class_names:
            raise ValueError("parts: expected one card for each of class_names, in their order")
        if self.class_thresholds and len(self.class_thresholds) != len(self.class_names):
            raise ValueError("class_thresholds: expected one for each of class_names, or none")
        if "onnx" not in self.networks:
            raise ValueError("networks: 'onnx' is missing")
        _check_spec(self.spec)
        if self.binding and self.binding != binding_of(self):
            raise ValueError(
                "classes, networks or spec were changed after the export. Copy the folder again, or export again"
            )
        if self.shapes_binding and self.shapes_binding != shapes_binding_of(self):
            raise ValueError("shapes were changed after the export. Copy the folder again, or export again")
        return self

    def card(self, class_id: int) -> PartCard:
        """Return the card of a class by its number."""
        return self.parts[class_id]


def least_format(spec: NetworkSpec, verifier: VerifierEntry | None) -> int:
    """Return the least format that says all of a model folder."""
    if spec.output == "mask candidates":
        return FORMAT
    return FORMAT_WITHOUT_VERIFIER if verifier is None else FORMAT_WITHOUT_MASKS


def as_json(description: ModelDescription) -> dict[str, Any]:
    """Return a description as JSON-like values."""
    return description.model_dump(mode="json")


def binding_of(description: ModelDescription) -> str:
    """Return the hash of what belongs together in a model folder and is wrong as soon as one of it is another."""
    verifier = description.verifier
    kept = description.model_dump(mode="json", include={"class_names", "spec", "networks"})
    return hash_json(
        [kept, None if verifier is None else verifier.model_dump(mode="json", include={"spec", "networks"})]
    )


def shapes_binding_of(description: ModelDescription) -> str:
    """Return the hash of which class has which shape; apart from `binding`, which versions without shapes check, too."""
    shapes = {part.name: part.shape.sha256 for part in description.parts if part.shape}
    return hash_json([binding_of(description), shapes]) if shapes else ""


def _check_spec(spec: NetworkSpec) -> None:
    """Refuse numbers that no network has. Raises ValueError."""
    if not (1 <= spec.stride <= _LARGEST_STRIDE and spec.stride <= spec.image_size <= _LARGEST_INPUT):
        raise ValueError(
            f"spec: expected stride up to {_LARGEST_STRIDE} and image_size from stride to {_LARGEST_INPUT}"
        )
    if spec.image_size % spec.stride:
        raise ValueError(f"spec: image_size {spec.image_size} is no multiple of stride {spec.stride}")
    values = (*spec.pixel_mean, *spec.pixel_scale)
    if not all(math.isfinite(value) and abs(value) <= _LARGEST_PIXEL for value in values):
        raise ValueError(f"spec: pixel_mean and pixel_scale are numbers up to {_LARGEST_PIXEL}")
    if min(spec.pixel_scale) < _LEAST_SCALE or not (0 <= spec.padding_value <= 255 and 0 <= spec.nms_iou <= 1):
        raise ValueError(f"spec: expected pixel_scale from {_LEAST_SCALE}, padding_value of 0…255 and nms_iou of 0…1")
