"""Settings of `randomize`: the ranges from which scenes are drawn."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from partsight.config.section import FilePath, Interval, IntInterval, Section, Share

Axis: TypeAlias = Literal["x", "-x", "y", "-y", "z", "-z"]


MOST_BARREL, MOST_PINCUSHION = -0.2, 0.2
"""Strongest distortions of the lens; beyond, the model with one coefficient is far from real lenses."""


def _check_sum(**shares: float) -> None:
    if sum(shares.values()) > 1:
        names, numbers = " + ".join(shares), " + ".join(map(str, shares.values()))
        raise ValueError(f"{names} = {numbers}: more than all pictures. Lower one of them.")


def _check_share(bounds: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= bounds[0] <= bounds[1] <= 1:
        raise ValueError(f"expected shares within 0…1, found [{bounds[0]}, {bounds[1]}]")
    return bounds


def _check_distortion(bounds: tuple[float, float]) -> tuple[float, float]:
    if not MOST_BARREL <= bounds[0] <= bounds[1] <= MOST_PINCUSHION:
        raise ValueError(
            f"expected lens distortions within {MOST_BARREL}…{MOST_PINCUSHION}, found [{bounds[0]}, {bounds[1]}]; wide lenses of "
            "phones have about -0.03, fisheye lenses are not drawn"
        )
    return bounds


def _check_sizes(sizes: tuple[float, ...]) -> tuple[float, ...]:
    if any(not 0 < size <= 2 for size in sizes):
        raise ValueError(f"expected sizes above 0, as shares of the picture's longer side; found {list(sizes)}")
    return sizes


def _check_positive(name: str, bounds: tuple[float, float]) -> None:
    if bounds[0] <= 0:
        raise ValueError(f"{name} starts at {bounds[0]}; expected more than 0.")


class OrbitSection(Section):
    """One part on white, seen from a grid of directions: the published baseline."""

    azimuth_step_deg: Annotated[float, Field(gt=0, le=360)] = 15.0
    """Step around the vertical axis, 0…360°."""
    elevation_deg: Interval = (-30.0, 40.0)
    """Lowest and highest camera elevation."""
    elevation_step_deg: Annotated[float, Field(gt=0)] = 10.0
    """Step of the elevation."""
    roll_deg: Interval = (-20.0, 20.0)
    """Smallest and largest roll of the camera."""
    roll_step_deg: Annotated[float, Field(gt=0)] = 10.0
    """Step of the roll."""
    fill: Annotated[float, Field(gt=0, le=1)] = 0.7
    """Share of the picture's shorter side that the part's bounding sphere covers."""
    grey: bool = True
    """Whether all parts are drawn in one light grey, as STL files are."""


class CameraSection(Section):
    """Where the camera stands and how it looks."""

    object_size: Interval = (0.06, 0.75)
    """Size of the object looked at, as a share of the picture's longer side, with `train.crop` of a whole photo's; drawn
    log-uniformly."""
    scale: Literal["range", "photos"] = "range"
    """`photos`: sizes are drawn as they are in the photos of training and validation, instead of from `object_size`. These are the
    training photos that the recipe draws, so renders are made anew for each draw; test photos choose nothing."""
    object_sizes: Annotated[tuple[float, ...], AfterValidator(_check_sizes)] = ()
    """A histogram of your own instead of `object_size`: sizes, as shares of the longer side, each as frequent as the others."""
    elevation_deg: Interval = (8.0, 85.0)
    """Elevation above the ground."""
    roll_deg: Interval = (-15.0, 15.0)
    """Roll around the optical axis."""
    focal: Interval = (0.8, 2.0)
    """Focal length as a share of the picture's width (0.8 is a phone's wide lens, 2.0 a telephoto lens)."""
    focal_from: Literal["range", "photos"] = "range"
    """`photos`: the range is that which the EXIF data of the photos of training and validation state."""
    off_center: Share = 0.35
    """How far from the middle the object may be, as a share of half the picture."""
    distortion: Annotated[Interval, AfterValidator(_check_distortion)] = (0.0, 0.0)
    """Radial distortion of the lens: how far it moves what is seen in the corner, as a share of the corner's distance from the middle.
    Below 0 barrel, as wide lenses have it, above 0 pincushion; labels are exact with it."""


class PlacementSection(Section):
    """How parts stand, lie and hover."""

    parts_per_image: IntInterval = (1, 16)
    """Number of classed parts in a picture that shows any; those that find no free place are left out, so large parts are fewer.
    Each is one more example for the time of one picture: at least as many as lie in a photo."""
    empty_share: Share = 0.12
    """Share of pictures without any part of a class."""
    float_share: Share = 0.35
    """Share of pictures in which the parts hover freely turned before a background, instead of lying on the ground."""
    size_jitter: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Random change of each part's true size, as a share; for CAD that is only about right."""
    physics: bool = False
    """Whether parts that do not hover are dropped and come to rest on a ground, a table or in a bin, leaning on each other;
    otherwise each lies alone. Off by default: the published figures were measured without it."""
    table_share: Share = 0.2
    """With physics: share of the lying pictures on a table top or pallet, over whose edge things may hang."""
    table_size: Interval = (1.5, 4.0)
    """Sides of the table top, as multiples of the diagonal of the part looked at."""
    bin_share: Share = 0.2
    """With physics: share of the lying pictures in an open bin; the ground has what table and bin leave."""
    bin_size: Interval = (1.2, 3.0)
    """Inner sides of the bin, as multiples of the diagonal of the part looked at."""
    bin_height: Interval = (0.15, 0.6)
    """Height of the bin's walls, as a multiple of the diagonal of the part looked at."""
    bin_elevation_deg: Annotated[float, Field(ge=-90, le=90)] = 40.0
    """Least elevation of the camera before a bin, as far as `camera.elevation_deg` allows it: walls hide what lies behind."""
    pile_share: Share = 0.3
    """With physics, on the ground: share of further things dropped on or beside the part looked at, instead of anywhere in view;
    also of the distractors among standing parts."""

    @model_validator(mode="after")
    def _check_supports(self) -> Self:
        _check_sum(table_share=self.table_share, bin_share=self.bin_share)
        for name in ("table_size", "bin_size", "bin_height"):
            _check_positive(name, getattr(self, name))
        return self


class StandSection(Section):
    """Parts that stand upright among each other on floor, pallets, pedestals or girders, seen by someone who walks round them."""

    parts_per_image: IntInterval = (1, 4)
    """Number of classed parts in a picture that shows any."""
    empty_share: Share = 0.1
    """Share of pictures without any part of a class."""
    size_jitter: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Random change of each part's true size, as a share; for CAD that is only about right."""
    up: Axis = "z"
    """Axis of the CAD files that points up when a part stands."""
    pallet_share: Share = 0.3
    """Share of pictures in which each part stands on a pallet."""
    pallet_height_m: Interval = (0.1, 0.2)
    """Height of pallets, in metres."""
    pedestal_share: Share = 0.3
    """Share of pictures in which each part stands on a pedestal; the floor has what is left."""
    pedestal_height_m: Interval = (0.4, 1.1)
    """Height of pedestals, in metres."""
    girder_share: Share = 0.0
    """Share of pictures in which each part stands on a girder, an I-beam that is longer than the part. 0 by default: the published
    figures were measured without."""
    girder_height_m: Interval = (0.2, 1.0)
    """Height of girders, in metres."""
    spacing: Interval = (1.0, 3.0)
    """Distance of neighbours from the part looked at, as a multiple of its diagonal."""
    eye_height_m: Interval = (1.2, 1.9)
    """Height of the camera above the floor, in metres; `camera.elevation_deg` limits it, as one who comes near bends down."""

    @model_validator(mode="after")
    def _check_plinths(self) -> Self:
        _check_sum(pallet_share=self.pallet_share, pedestal_share=self.pedestal_share, girder_share=self.girder_share)
        for name in ("pallet_height_m", "pedestal_height_m", "girder_height_m", "spacing", "eye_height_m"):
            _check_positive(name, getattr(self, name))
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
    """Share of parts whose colors are replaced by random ones. High, because the single color of a CAD file is mostly just grey."""
    keep_colors: Share = 0.85
    """Share of the parts with several colors in CAD, or with a stated color or metal (`parts.<name>.color`, `.materials`, `steel` in
    the file), that keep them whatever `texture_share` and `recolor_share` say: these are mostly the real ones. 0 where they are made
    up."""
    vary: bool = True
    """Whether roughness and metallic are drawn anew for each picture."""


class WearSection(Section):
    """Traces of use on surfaces that show their CAD materials; the shares are those of worn parts that have the trace."""

    share: Share = 0.0
    """Share of parts that are worn at all. 0 by default: the published figures were measured without wear."""
    strength: Annotated[Interval, AfterValidator(_check_share)] = (0.2, 1.0)
    """How strong a trace is, 0…1, drawn for each anew."""
    brushed: Share = 0.35
    """Fine parallel lines of grinding, on metal."""
    smudges: Share = 0.7
    """Spots of another gloss."""
    scratches: Share = 0.6
    """Scratches down to bright metal."""
    rust: Share = 0.25
    """Rust, on materials that are called steel, iron or metal."""
    dirt: Share = 0.5
    """Dark grime."""
    dust: Share = 0.35
    """A thin bright film."""
    stickers: Share = 0.2
    """Labels with print."""
    ties: Share = 0.15
    """Cable ties and tape around the part."""


class LightSection(Section):
    """What lights the scene."""

    vary: bool = True
    """Whether environment, lamps and exposure are drawn anew for each picture; otherwise one plain overcast sky."""
    environment_folder: FilePath | None = None
    """Folder of equirectangular .exr or .hdr environment maps, used for half of the pictures."""
    hall_share: Share = 0.0
    """Share of the procedural environments that are halls, workshops and offices with lamps in rows, windows and furniture,
    instead of soft rooms. 0 by default: the published figures were measured without."""
    lamps: IntInterval = (0, 4)
    """Number of lamps besides the environment."""
    exposure_ev: Interval = (-1.0, 1.0)
    """Exposure error of the camera, in stops."""


class BackgroundSection(Section):
    """What stands behind and below."""

    vary: bool = True
    """Whether ground and background are drawn anew for each picture; otherwise plain light grey."""
    workshop_share: Share = 0.0
    """Share of procedural grounds, walls and distractors that look as in a workshop (concrete, painted floors, boards, steel, mats,
    plaster; muted colors) instead of like anything at all; half as many
    of the pictures with hovering parts show the room behind them. 0 by default: the published figures were measured without."""
    folder: FilePath | None = None
    """Folder of photographs without the parts; used behind hovering parts and as ground textures."""


class DistractorSection(Section):
    """Things that are none of the classes."""

    per_image: IntInterval = (0, 6)
    """Number of things that are none of the classes (boxes, cylinders, pipes, rings, plates, cables) in a picture."""
    tool_share: Share = 0.0
    """Share of them that are tools and fasteners: spanners, hammers, screwdrivers, bolts, nuts and angle brackets."""
    cad: tuple[FilePath, ...] = ()
    """CAD files of things that stand around and are none of the classes: other parts of the catalogue, tables, racks."""
    cad_share: Share = 0.4
    """Share of them that come from these files, in their own size; nothing where there are no files."""
    assembly_share: Share = 0.5
    """Share of the rest that is made of many small things of a few colors, as devices, circuit boards and terminal strips are; the
    others are plain solids."""
    lookalike_share: Share = 0.0
    """Share of them that are stretched copies of the classes' own parts: not labelled, because they are other parts.
    Leave it at 0 where real parts come in several lengths."""
    lookalike_stretch: Interval = (1.3, 1.8)
    """By how much one axis of a copy is longer or shorter than the part's; from 1.2 on."""

    @model_validator(mode="after")
    def _check_shares(self) -> Self:
        cad_share = self.cad_share if self.cad else 0.0
        _check_sum(tool_share=self.tool_share, lookalike_share=self.lookalike_share, cad_share=cad_share)
        if self.lookalike_stretch[0] < 1.2:
            raise ValueError(
                f"lookalike_stretch starts at {self.lookalike_stretch[0]}; expected 1.2 or more: a copy that is nearly the part "
                "would teach the detector to overlook the part"
            )
        return self


class SensorSection(Section):
    """The camera's own traces: ranges of the values in `structures.world.sensor.Sensor`."""

    vary: bool = True
    """Whether exposures differ; otherwise an ideal camera."""
    white_balance: Interval = (0.8, 1.25)
    """Gain of red and of blue."""
    contrast: Interval = (0.8, 1.3)
    """Slope of the tone curve."""
    saturation: Interval = (0.6, 1.3)
    """Color strength."""
    defocus_px: Interval = (0.0, 1.2)
    """Blur of the lens at 640 pixels picture width, in pixels (scales with the width)."""
    motion_share: Share = 0.2
    """Share of pictures with motion blur."""
    chromatic_px: Interval = (0.0, 0.0)
    """How far red and blue lie apart in the corners at 640 pixels picture width, in pixels (lateral chromatic aberration)."""
    mosaic_share: Share = 0.0
    """Share of pictures whose colors were sampled by one filter per pixel and interpolated, which softens them."""
    motion_px: Interval = (1.0, 6.0)
    """Length of the motion blur at 640 pixels picture width, in pixels."""
    vignetting: Interval = (0.0, 0.3)
    """Light lost in the corners."""
    shot_noise: Interval = (0.0, 0.03)
    """Photon noise at white."""
    read_noise: Interval = (0.0, 0.01)
    """Signal-independent noise."""
    noise_width: Annotated[int, Field(ge=0)] = 0
    """Width in pixels at which noise is stated. Narrower pictures have less of it, as if they had been made smaller; 0: noise is that
    of the picture's own pixels, whatever its size."""
    sharpening: Interval = (0.0, 0.8)
    """Unsharp mask."""
    jpeg_quality: IntInterval = (45, 95)
    """JPEG quality."""
    grey_share: Share = 0.0
    """Share of pictures without color."""


class MixSection(Section):
    """With `placement = "mix"`: how often each placement is drawn; the numbers are weights."""

    orbit: Annotated[float, Field(ge=0)] = 0.0
    """Weight of `orbit`."""
    scatter: Annotated[float, Field(ge=0)] = 2.0
    """Weight of `scatter`; its own `float_share` says how many of these hover."""
    stand: Annotated[float, Field(ge=0)] = 1.0
    """Weight of `stand`."""

    @model_validator(mode="after")
    def _check_some(self) -> Self:
        if self.orbit + self.scatter + self.stand <= 0:
            raise ValueError("all weights are 0; give at least one placement a weight")
        return self


class RandomizeSection(Section):
    """How scenes are drawn."""

    placement: Literal["orbit", "scatter", "stand", "mix"] = "scatter"
    """`orbit` is the published baseline; `scatter` draws several parts among other things; `stand` sets them upright;
    `mix` draws one of them for each picture."""
    mix: MixSection = MixSection()
    orbit: OrbitSection = OrbitSection()
    camera: CameraSection = CameraSection()
    scatter: PlacementSection = PlacementSection()
    stand: StandSection = StandSection()
    materials: MaterialSection = MaterialSection()
    wear: WearSection = WearSection()
    light: LightSection = LightSection()
    background: BackgroundSection = BackgroundSection()
    distractors: DistractorSection = DistractorSection()
    sensor: SensorSection = SensorSection()
    max_occlusion: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Most of a classed part that other things may hide; pictures that hide more are drawn anew. 1 allows everything: what is hidden
    beyond `annotate.min_visible_fraction` is then seen, but not labelled."""
