"""Settings of `randomize`: the ranges from which scenes are drawn."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from partsight.config.section import Section
from partsight.config.sections.orbit import OrbitSection
from partsight.config.values import (
    LEAST_FOCAL,
    LEAST_SIZE,
    MOST_FOCAL,
    MOST_SIZE,
    Angles,
    Blurs,
    Elevations,
    Exposures,
    Factors,
    FilePath,
    Focal,
    Heights,
    Multiples,
    ObjectSize,
    Qualities,
    Share,
    ShareRange,
    ThingRange,
    Weight,
    as_range,
    is_within,
)  # fmt: skip

Axis: TypeAlias = Literal["x", "-x", "y", "-y", "z", "-z"]
Trace: TypeAlias = Literal["brushed", "smudges", "scratches", "rust", "dirt", "dust", "stickers", "ties"]
"""Traces of use."""
PlacementName: TypeAlias = Literal["orbit", "scatter", "stand"]
"""Ways to place parts."""

MOST_BARREL, MOST_PINCUSHION = -0.2, 0.2
"""Strongest distortions of the lens; beyond, the model with one coefficient is far from real lenses."""
MOST_CHOICES = 1000
"""Most sizes in a histogram."""
Distortion: TypeAlias = Annotated[float, Field(ge=MOST_BARREL, le=MOST_PINCUSHION)]

USUAL_TRACES: dict[Trace, float] = {
    "brushed": 0.35, "smudges": 0.7, "scratches": 0.6, "rust": 0.25, "dirt": 0.5, "dust": 0.35, "stickers": 0.2, "ties": 0.15,
}  # fmt: skip
"""How often each trace is seen on a worn part."""


def _check_sum(**shares: float) -> None:
    if sum(shares.values()) > 1:
        names, numbers = " + ".join(shares), " + ".join(map(str, shares.values()))
        raise ValueError(f"{names} = {numbers}: more than all pictures. Lower one of them.")


def _check_distortion(bounds: tuple[float, float]) -> tuple[float, float]:
    if not MOST_BARREL <= bounds[0] <= bounds[1] <= MOST_PINCUSHION:
        raise ValueError(
            f"expected lens distortions within {MOST_BARREL}…{MOST_PINCUSHION}, found [{bounds[0]}, {bounds[1]}]; wide lenses of "
            "phones have about -0.03, fisheye lenses are not drawn"
        )
    return bounds


def _check_sizes(sizes: Any) -> tuple[float, ...]:
    if not 0 < len(sizes) <= MOST_CHOICES or not all(is_within(size, LEAST_SIZE, MOST_SIZE) for size in sizes):
        raise ValueError(
            f"expected 1 to {MOST_CHOICES} sizes within {LEAST_SIZE}…{MOST_SIZE}, as shares of the picture's longer side; "
            f"found {list(sizes)[:MOST_CHOICES]}"
        )
    return tuple(sizes)


def _read_size(value: Any) -> Any:
    """Take a range, a table of choices, or `photos`."""
    if value == "photos" or isinstance(value, Choices):
        return value
    if isinstance(value, Mapping) and set(value) == {"choices"} and isinstance(value["choices"], list | tuple):
        return Choices(choices=_check_sizes(tuple(value["choices"])))
    return as_range(value, '[low, high], { choices = [...] } or "photos"', least=LEAST_SIZE, most=MOST_SIZE)


def _read_focal(value: Any) -> Any:
    """Take a range, or `photos`."""
    if value == "photos":
        return value
    return as_range(value, '[low, high] or "photos"', least=LEAST_FOCAL, most=MOST_FOCAL)


def _check_weights(weights: dict[PlacementName, float]) -> dict[PlacementName, float]:
    if not any(weights.values()):
        raise ValueError("all weights are 0; give at least one placement a weight")
    return weights


def _with_usual_traces(value: Any) -> Any:
    return {**USUAL_TRACES, **value} if isinstance(value, Mapping) else value


class Choices(Section):
    """Sizes to draw from, each as frequent as the others."""

    choices: Annotated[tuple[ObjectSize, ...], Field(min_length=1, max_length=MOST_CHOICES)]
    """Sizes, as shares of the picture's longer side."""


class CameraSection(Section):
    """Where the camera stands and how it looks."""

    object_size: Annotated[tuple[ObjectSize, ObjectSize] | Choices | Literal["photos"], BeforeValidator(_read_size)] = (
        0.06,
        0.75,
    )
    """Size of the object looked at, as a share of the picture's longer side, with `train.crop` of a whole photo's: a range, drawn
    log-uniformly. `{ choices = [0.1, 0.15, 0.4] }`: a histogram of your own, each as frequent as the others. `photos`: as in the
    photos of training and validation. These are the training photos that the recipe draws, so renders are made anew for each draw;
    test photos choose nothing."""
    elevation_deg: Elevations = (8.0, 85.0)
    """Elevation above the ground."""
    roll_deg: Angles = (-15.0, 15.0)
    """Roll around the optical axis."""
    focal: Annotated[tuple[Focal, Focal] | Literal["photos"], BeforeValidator(_read_focal)] = (0.8, 2.0)
    """Range of the focal length, as a share of the picture's width (0.8 is a phone's wide lens, 2.0 a telephoto lens). `photos`: the
    range that the EXIF data of the photos of training and validation state."""
    off_center: Share = 0.35
    """How far from the middle the object may be, as a share of half the picture."""
    distortion: Annotated[tuple[Distortion, Distortion], BeforeValidator(_check_distortion)] = (0.0, 0.0)
    """Radial distortion of the lens: how far it moves what is seen in the corner, as a share of the corner's distance from the middle.
    Below 0 barrel, as wide lenses have it, above 0 pincushion; labels are exact with it."""


class TableSection(Section):
    """A table top or pallet on which parts lie, and over whose edge things may hang."""

    share: Share = 0.2
    """Share of the lying pictures."""
    size: Multiples = (1.5, 4.0)
    """Sides, as multiples of the diagonal of the part looked at."""


class BinSection(Section):
    """An open bin in which parts lie; the camera looks down into it."""

    share: Share = 0.2
    """Share of the lying pictures; the ground has what table and bin leave."""
    size: Multiples = (1.2, 3.0)
    """Inner sides, as multiples of the diagonal of the part looked at."""
    height: Multiples = (0.15, 0.6)
    """Height of the walls, as a multiple of the diagonal of the part looked at."""


class PhysicsSection(Section):
    """Parts that do not hover are dropped and come to rest on a ground, a table or in a bin, leaning on each other."""

    enabled: bool = False
    """Whether they are; otherwise each lies alone. Off by default: the published figures were measured without it."""
    table: TableSection = TableSection()
    bin: BinSection = BinSection()
    pile_share: Share = 0.3
    """On the ground: share of further things dropped on or beside the part looked at, instead of anywhere in view; also of the
    distractors among standing parts."""

    @model_validator(mode="after")
    def _check_supports(self) -> Self:
        _check_sum(**{"table.share": self.table.share, "bin.share": self.bin.share})
        return self


class ScatterSection(Section):
    """How parts lie and hover."""

    parts_per_image: ThingRange = (1, 16)
    """Number of classed parts in a picture that shows any; those that find no free place are left out, so large parts are fewer.
    Each is one more example for the time of one picture: at least as many as lie in a photo."""
    empty_share: Share = 0.12
    """Share of pictures without any part of a class."""
    float_share: Share = 0.35
    """Share of pictures in which the parts hover freely turned before a background, instead of lying on the ground."""
    physics: PhysicsSection = PhysicsSection()


class PalletSection(Section):
    """A pallet under each part."""

    share: Share = 0.3
    """Share of the pictures."""
    height_m: Heights = (0.1, 0.2)
    """Height, in meters."""


class PedestalSection(Section):
    """A pedestal under each part; the floor has the pictures that are left."""

    share: Share = 0.3
    """Share of the pictures."""
    height_m: Heights = (0.4, 1.1)
    """Height, in meters."""


class GirderSection(Section):
    """A girder under each part, an I-beam that is longer than the part."""

    share: Share = 0.0
    """Share of the pictures. 0 by default: the published figures were measured without."""
    height_m: Heights = (0.2, 1.0)
    """Height, in meters."""


class StandSection(Section):
    """Parts that stand upright among each other on floor, pallets, pedestals or girders, seen by someone who walks round them."""

    parts_per_image: ThingRange = (1, 4)
    """Number of classed parts in a picture that shows any."""
    empty_share: Share = 0.1
    """Share of pictures without any part of a class."""
    up: Axis = "z"
    """Axis of the CAD files that points up when a part stands."""
    pallet: PalletSection = PalletSection()
    pedestal: PedestalSection = PedestalSection()
    girder: GirderSection = GirderSection()
    spacing: Multiples = (1.0, 3.0)
    """Distance of neighbors from the part looked at, as a multiple of its diagonal."""
    eye_height_m: Heights = (1.2, 1.9)
    """Height of the camera above the floor, in meters; `camera.elevation_deg` limits it, as one who comes near bends down."""

    @model_validator(mode="after")
    def _check_plinths(self) -> Self:
        shares = {f"{name}.share": getattr(self, name).share for name in ("pallet", "pedestal", "girder")}
        _check_sum(**shares)
        return self


class MaterialSection(Section):
    """What surfaces look like."""

    texture_share: Share = 0.25
    """Share of parts that wear a random texture."""
    texture_folder: FilePath | None = None
    """Folder of pictures from which half of the random textures are taken."""
    tint: Annotated[float, Field(ge=0, le=1)] = 0.12
    """Random change of CAD colors."""
    recolor_share: Share = 0.5
    """Share of parts whose colors are replaced by random ones. High, because the single color of a CAD file is mostly just gray."""
    keep_colors: Share = 0.85
    """Share of the parts with several colors in CAD, or with a stated color or metal (`parts.<name>.color`, `.materials`, `steel` in
    the file), that keep them whatever `texture_share` and `recolor_share` say: these are mostly the real ones. 0 where they are made
    up."""
    vary: bool = True
    """Whether roughness and metallic are drawn anew for each picture."""


class WearSection(Section):
    """Traces of use on surfaces that show their CAD materials."""

    share: Share = 0.0
    """Share of parts that are worn at all. 0 by default: the published figures were measured without wear."""
    strength: ShareRange = (0.2, 1.0)
    """How strong a trace is, 0…1, drawn for each anew."""
    traces: Annotated[dict[Trace, Share], BeforeValidator(_with_usual_traces)] = USUAL_TRACES
    """How often a worn part has each; traces not named keep these: `brushed` (fine parallel lines of grinding, on metal), `smudges`
    (spots of another gloss), `scratches` (down to bright metal), `rust` (on materials that are called steel, iron or metal), `dirt`
    (dark grime), `dust` (a thin bright film), `stickers` (labels with print), `ties` (cable ties and tape around the part)."""


class LightSection(Section):
    """What lights the scene."""

    vary: bool = True
    """Whether environment, lamps and exposure are drawn anew for each picture; otherwise one plain overcast sky."""
    environment_folder: FilePath | None = None
    """Folder of equirectangular .exr or .hdr environment maps, used for half of the pictures."""
    hall_share: Share = 0.0
    """Share of the procedural environments that are halls, workshops and offices with lamps in rows, windows and furniture,
    instead of soft rooms. 0 by default: the published figures were measured without."""
    lamps: ThingRange = (0, 4)
    """Number of lamps besides the environment."""
    exposure_ev: Exposures = (-1.0, 1.0)
    """Exposure error of the camera, in stops."""


class BackgroundSection(Section):
    """What stands behind and below."""

    vary: bool = True
    """Whether ground and background are drawn anew for each picture; otherwise plain light gray."""
    workshop_share: Share = 0.0
    """Share of procedural grounds, walls and distractors that look as in a workshop (concrete, painted floors, boards, steel, mats,
    plaster; muted colors) instead of like anything at all; half as many
    of the pictures with hovering parts show the room behind them. 0 by default: the published figures were measured without."""
    photo_share: Share = 0.7
    """Share of the pictures behind hovering parts, and of two in five grounds, that show a place, where there is `photos.places`."""
    pictures: tuple[FilePath, ...] = ()
    """The pictures that are then drawn from: those of `photos.places` that teach. Nobody needs to state them."""


class DistractorSection(Section):
    """Things that are none of the classes."""

    per_image: ThingRange = (0, 6)
    """Number of things that are none of the classes (boxes, cylinders, pipes, rings, plates, cables) in a picture."""
    tool_share: Share = 0.0
    """Share of them that are tools and fasteners: spanners, hammers, screwdrivers, bolts, nuts and angle brackets."""
    cad: tuple[FilePath, ...] = ()
    """CAD files of things that stand around and are none of the classes: other parts of the catalog, tables, racks."""
    cad_share: Share = 0.4
    """Share of them that come from these files, in their own size; nothing where there are no files."""
    assembly_share: Share = 0.5
    """Share of the rest that is made of many small things of a few colors, as devices, circuit boards and terminal strips are; the
    others are plain solids."""
    lookalike_share: Share = 0.0
    """Share of them that are stretched copies of the classes' own parts: not labeled, because they are other parts.
    Leave it at 0 where real parts come in several lengths."""

    @model_validator(mode="after")
    def _check_shares(self) -> Self:
        cad_share = self.cad_share if self.cad else 0.0
        _check_sum(tool_share=self.tool_share, lookalike_share=self.lookalike_share, cad_share=cad_share)
        return self


class SensorSection(Section):
    """The camera's own traces: ranges of the values in `structures.world.sensor.Sensor`."""

    vary: bool = True
    """Whether exposures differ; otherwise an ideal camera."""
    white_balance: Multiples = (0.8, 1.25)
    """Gain of red and of blue."""
    contrast: Multiples = (0.8, 1.3)
    """Slope of the tone curve."""
    saturation: Factors = (0.6, 1.3)
    """Color strength."""
    defocus_px: Blurs = (0.0, 1.2)
    """Blur of the lens at 640 pixels picture width, in pixels (scales with the width)."""
    motion_share: Share = 0.2
    """Share of pictures with motion blur."""
    chromatic_px: Blurs = (0.0, 0.0)
    """How far red and blue lie apart in the corners at 640 pixels picture width, in pixels (lateral chromatic aberration)."""
    mosaic_share: Share = 0.0
    """Share of pictures whose colors were sampled by one filter per pixel and interpolated, which softens them."""
    motion_px: Blurs = (1.0, 6.0)
    """Length of the motion blur at 640 pixels picture width, in pixels."""
    vignetting: ShareRange = (0.0, 0.3)
    """Light lost in the corners."""
    shot_noise: ShareRange = (0.0, 0.03)
    """Photon noise at white."""
    read_noise: ShareRange = (0.0, 0.01)
    """Signal-independent noise."""
    noise_width: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Width in pixels at which noise is stated. Narrower pictures have less of it, as if they had been made smaller; 0: noise is that
    of the picture's own pixels, whatever its size."""
    sharpening: Factors = (0.0, 0.8)
    """Unsharp mask."""
    jpeg_quality: Qualities = (45, 95)
    """JPEG quality."""
    gray_share: Share = 0.0
    """Share of pictures without color."""


class RandomizeSection(Section):
    """How scenes are drawn."""

    placement: PlacementName | Annotated[dict[PlacementName, Weight], AfterValidator(_check_weights)] = "scatter"
    """`orbit` is the published baseline; `scatter` draws several parts among other things; `stand` sets them upright. Weights, such as
    `{ scatter = 2, stand = 1 }`, draw one of them for each picture."""
    size_jitter: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Random change of each part's true size, as a share; for CAD that is only about right. Not with `orbit`."""
    orbit: OrbitSection = OrbitSection()
    camera: CameraSection = CameraSection()
    scatter: ScatterSection = ScatterSection()
    stand: StandSection = StandSection()
    materials: MaterialSection = MaterialSection()
    wear: WearSection = WearSection()
    light: LightSection = LightSection()
    background: BackgroundSection = BackgroundSection()
    distractors: DistractorSection = DistractorSection()
    sensor: SensorSection = SensorSection()
    max_occlusion: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Most of a classed part that other things may hide; pictures that hide more are drawn anew. 1 allows everything: what is hidden
    beyond `annotate.min_visible_fraction` is then seen, but not labeled."""
