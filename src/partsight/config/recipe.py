"""The recipe: one experiment, whole."""

from typing import Annotated

from pydantic import Field

from partsight.config.annotate import AnnotateSection
from partsight.config.cad import CadSection, PartSection
from partsight.config.cluster import ClusterSection
from partsight.config.dataset import DatasetSection
from partsight.config.evaluate import EvaluateSection
from partsight.config.photos import PhotosSection
from partsight.config.randomize import RandomizeSection
from partsight.config.render import RenderSection
from partsight.config.report import ReportSection
from partsight.config.section import Section
from partsight.config.sweep import SweepSection
from partsight.config.track import TrackSection
from partsight.config.train import TrainSection
from partsight.config.verify import VerifySection

OTHERS = "(distractors)"
"""Name of the CAD parts that are none of the classes."""


class Recipe(Section):
    """Everything that describes an experiment."""

    name: str = "experiment"
    """Name shown in reports."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of everything random."""
    parts: Annotated[dict[str, PartSection], Field(min_length=1)]
    """Classes by name; their order is the order of class numbers everywhere."""
    cad: CadSection = CadSection()
    randomize: RandomizeSection = RandomizeSection()
    render: RenderSection = RenderSection()
    annotate: AnnotateSection = AnnotateSection()
    photos: PhotosSection = PhotosSection()
    dataset: DatasetSection = DatasetSection()
    train: TrainSection = TrainSection()
    track: TrackSection = TrackSection()
    verify: VerifySection = VerifySection()
    evaluate: EvaluateSection = EvaluateSection()
    report: ReportSection = ReportSection()
    sweep: SweepSection = SweepSection()
    cluster: ClusterSection = ClusterSection()

    @property
    def class_names(self) -> tuple[str, ...]:
        """All classes in the order of their numbers: the parts, then the sub-parts that are labelled on them."""
        labelled = (name for part in self.parts.values() for name in part.labels)
        return tuple(dict.fromkeys([*self.parts, *labelled]))

    @property
    def cad_parts(self) -> dict[str, PartSection]:
        """Everything that is read from CAD files: the classes, and last, under `OTHERS`, what is none of them."""
        others = self.randomize.distractors.cad
        return {**self.parts, **({OTHERS: PartSection.model_validate({"files": others})} if others else {})}

    @property
    def cad_section(self) -> CadSection:
        """The settings of `cad`, with the tolerance worked out: half a pixel of a picture that the part fills."""
        if self.cad.linear_tolerance is not None:
            return self.cad
        return self.cad.model_copy(update={"linear_tolerance": 0.5 / max(self.render.width, self.render.height)})

    @property
    def draw_seed(self) -> int:
        """The seed of the draws from the dataset."""
        return self.seed if self.dataset.seed is None else self.dataset.seed

    @property
    def render_draw_seed(self) -> int:
        """The seed that divides and draws the renders: two stages must agree on it, whatever photos are drawn."""
        return self.seed if self.train.schedule == "two_stage" else self.draw_seed

    @property
    def train_seed(self) -> int:
        """The seed of the training."""
        return self.seed if self.train.seed is None else self.train.seed
