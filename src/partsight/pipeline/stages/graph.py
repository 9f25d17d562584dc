"""All stages of a recipe, joined by their keys before any of them has run."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from partsight.config.recipe import Recipe
from partsight.detector.verifier import open_verifiers
from partsight.pipeline.running.stage import Stage
from partsight.pipeline.stages.cad.stage import CadStage
from partsight.pipeline.stages.camera_ranges import for_rendering
from partsight.pipeline.stages.dataset.assembling import needed_renders
from partsight.pipeline.stages.dataset.photo_splits import behind_parts, check_behind_parts, read_splits
from partsight.pipeline.stages.dataset.stage import DatasetStage
from partsight.pipeline.stages.evaluate.stage import EvaluateStage
from partsight.pipeline.stages.render.stage import RenderStage
from partsight.pipeline.stages.report.stage import ReportStage
from partsight.pipeline.stages.train.schedule import plan_trainings
from partsight.pipeline.stages.train.stage import TrainStage
from partsight.pipeline.stages.verify.stage import VerifyStage
from partsight.structures.dataset import Splits


@dataclass(frozen=True)
class Graph:
    """The stages of one recipe. What a stage does not need is not read: pictures can be drawn before there are labels."""

    recipe: Recipe
    find_variant: Callable[[Recipe], str]
    """Says what draws where the workers are; asked once."""

    @cached_property
    def parts(self) -> CadStage:
        """The CAD files."""
        return CadStage(self.recipe)

    @cached_property
    def photos(self) -> Splits:
        """All photos by split."""
        return read_splits(self.recipe)

    @cached_property
    def renders(self) -> RenderStage:
        """The pictures that the recipe asks for."""
        return self._render(self.recipe.render.count)

    @cached_property
    def used_renders(self) -> RenderStage:
        """Those that training and report use: all, or a few where nothing learns from them."""
        check_behind_parts(self.recipe, self.photos)
        return self._render(needed_renders(self.recipe, self.photos))

    @cached_property
    def dataset(self) -> DatasetStage:
        """Renders and photos, split and mixed."""
        return DatasetStage(self.recipe, self.used_renders, self.photos)

    @cached_property
    def trainings(self) -> tuple[TrainStage, ...]:
        """The trainings in their order; the last one's detector is the recipe's."""
        return plan_trainings(self.recipe, self.dataset)

    @cached_property
    def verification(self) -> VerifyStage | None:
        """The second opinion; None where the recipe wants none, or what it starts from is not installed."""
        weights = open_verifiers().find_weights() if self.recipe.verify.enabled else None
        return None if weights is None else VerifyStage(self.recipe, self.dataset, self.trainings[-1], weights)

    @cached_property
    def evaluation(self) -> EvaluateStage:
        """The figures on the test pictures."""
        return EvaluateStage(self.recipe, self.dataset, self.trainings[-1], self.verification)

    @cached_property
    def report(self) -> ReportStage:
        """The page."""
        return ReportStage(self.recipe, self.parts, self.used_renders, self.evaluation)

    @cached_property
    def stages(self) -> tuple[Stage[Any, Any], ...]:
        """All stages that the report needs, each after those that it reads."""
        found: dict[tuple[str, str], Stage[Any, Any]] = {}
        _collect(self.report, found)
        return tuple(found.values())

    @cached_property
    def _variant(self) -> str:
        return self.find_variant(self.recipe)

    def _render(self, count: int) -> RenderStage:
        drawn = behind_parts(for_rendering(self.recipe, lambda: self.photos))
        counted = drawn.at("render.count", count)
        return RenderStage(counted, self.parts, self._variant)


def _collect(stage: Stage[Any, Any], found: dict[tuple[str, str], Stage[Any, Any]]) -> None:
    for one in stage.upstream:
        _collect(one, found)
    found.setdefault((stage.name, stage.key), stage)
