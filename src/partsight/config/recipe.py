"""The recipe: one experiment, whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self, overload

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from partsight.config.content import parse_setting, read_toml, with_value
from partsight.config.filling import filled, forget_filled
from partsight.config.presets import PRESETS, PresetName, read_preset
from partsight.config.renamed import new_setting, translate
from partsight.config.section import BaseFolder, Section
from partsight.config.sections.annotate import AnnotateSection
from partsight.config.sections.cad import CadSection, PartSection
from partsight.config.sections.dataset import DatasetSection
from partsight.config.sections.evaluate import EvaluateSection
from partsight.config.sections.live import LiveSection
from partsight.config.sections.photos import PhotosSection
from partsight.config.sections.randomize import RandomizeSection
from partsight.config.sections.render import RenderSection
from partsight.config.sections.report import ReportSection
from partsight.config.sections.running.budget import BudgetSection
from partsight.config.sections.running.cluster import ClusterSection
from partsight.config.sections.running.sweep import SweepSection
from partsight.config.sections.running.track import TrackSection
from partsight.config.sections.train import TrainSection
from partsight.config.sections.verify import VerifySection
from partsight.config.trust import check_trusted, script_values
from partsight.config.validation import validated
from partsight.config.values import ClassName, Seed, TextLine

OTHERS = "(distractors)"
"""Name of the CAD parts that are none of the classes."""
_NONE: Any = object()


class Recipe(Section):
    """Everything that describes an experiment.

    Made by `Recipe.read` from a file, `Recipe.parse` from a mapping or `Recipe.of` from keywords; `recipe.at` changes keys.
    """

    name: TextLine = "experiment"
    """Name shown in reports."""
    seed: Seed = 0
    """Seed of everything random."""
    preset: PresetName | None = None
    """Values for a kind of place, below: `workshop`, `table`, `bin`, `hand`, `baseline`; what the recipe states itself counts."""
    budget: BudgetSection = BudgetSection()
    parts: Annotated[dict[ClassName, PartSection], Field(min_length=1)]
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
    live: LiveSection = LiveSection()
    sweep: SweepSection = SweepSection()
    cluster: ClusterSection = ClusterSection()

    @classmethod
    def read(cls, path: str | Path, settings: Sequence[str] = (), *, varied: Sequence[str] = ()) -> Self:
        """Read a TOML file, with `a.b=c` settings on top: the user's, then those that the recipe itself varies.

        Raises RecipeError with all problems, one a line; UntrustedRecipeError where the file holds values that are as trusted as a
        script and were never accepted.
        """
        given = read_toml(Path(path))
        content = _with_settings(given, [*settings, *varied])
        recipe = cls.parse(content, base_dir=Path(path).resolve().parent, where=str(path))
        own = script_values(_with_settings(given, varied))
        stated = {key: value for key, value in script_values(content).items() if own.get(key) == value}
        check_trusted(stated, Path(path))
        return recipe

    @classmethod
    def parse(cls, content: Mapping[str, Any], *, base_dir: str | Path = ".", where: str = "recipe") -> Self:
        """Validate a recipe's content; relative paths are relative to `base_dir`. Raises RecipeError with all problems."""
        return validated(cls, translate(content), where=where, folder=Path(base_dir).absolute())

    @classmethod
    def of(cls, **sections: Any) -> Self:
        """Return a recipe of keywords: `Recipe.of(parts={"QF": {"files": ["QF.step"]}}, train={"epochs": 3})`. Raises RecipeError."""
        return cls.parse(sections)

    @model_validator(mode="wrap")
    @classmethod
    def _fill_from_preset(cls, content: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Take from the preset what is not stated; another preset can take its place as long as it stays unstated."""
        if not isinstance(content, Mapping) or content.get("preset") not in PRESETS:
            return handler(content)
        preset = read_preset(content["preset"]).content
        recipe = handler(filled(cls, content, preset))
        forget_filled(recipe, content, preset)
        return recipe

    @model_validator(mode="after")
    def _check_operated_classes(self) -> Self:
        """Refuse scores of classes that there are not."""
        scores = self.evaluate.operate_at
        unknown = sorted(set(scores) - set(self.class_names)) if isinstance(scores, dict) else []
        if unknown:
            raise ValueError(
                f"evaluate.operate_at: {', '.join(unknown)}: no such class; known: {', '.join(self.class_names)}"
            )
        return self

    def model_post_init(self, context: Any, /) -> None:
        """Remember what relative paths are relative to."""
        self._origin = BaseFolder((context or {}).get("folder"))

    @overload
    def at(self, key: str, value: Any, /) -> Self: ...
    @overload
    def at(self, key: Mapping[str, Any], /) -> Self: ...
    def at(self, key: str | Mapping[str, Any], value: Any = _NONE, /) -> Self:
        """Return the recipe with other values of dotted keys: `at("train.epochs", 3)` or `at({"train.epochs": 3, "seed": 1})`.

        They are validated together, as a recipe file with them would be. Raises RecipeError with all problems.
        """
        changes = key if isinstance(key, Mapping) else {key: value}
        if any(one is _NONE for one in changes.values()):
            raise TypeError("Recipe.at takes a key and its value, or a mapping of keys to values")
        content = self.model_dump(exclude_unset=True)
        for changed, new in changes.items():
            content = with_value(content, *new_setting(changed, new))
        return validated(type(self), translate(content), where="recipe", folder=self._origin.folder)

    @property
    def folder(self) -> Path | None:
        """The folder that its relative paths start at, None where they start at the working directory."""
        return self._origin.folder

    @property
    def class_names(self) -> tuple[str, ...]:
        """All classes in the order of their numbers: the parts, then the sub-parts that are labeled on them."""
        labeled = (name for part in self.parts.values() for name in part.labels)
        return tuple(dict.fromkeys([*self.parts, *labeled]))

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
        return self.cad.but(linear_tolerance=0.5 / max(self.render.width, self.render.height))

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


def _with_settings(content: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    for setting in settings:
        content = with_value(content, *new_setting(*parse_setting(setting)))
    return content
