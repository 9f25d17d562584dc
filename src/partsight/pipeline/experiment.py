"""One recipe from CAD files to the report: the stages in their order, each found finished or run."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.detector.detector import Checkpoint
from partsight.detector.starts import check_start
from partsight.pipeline.choosing.budget import (
    draw_within,
    expect_budget,
    has_budget,
    keep_speeds,
    settle_budget,
    train_within,
)
from partsight.pipeline.choosing.start import begin_start, settle_start
from partsight.pipeline.running.plan import Plan, plan_stages
from partsight.pipeline.running.run import Run, Watch, ignore
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import PartsOutput
from partsight.pipeline.stages.dataset.stage import DatasetOutput
from partsight.pipeline.stages.evaluate.stage import EvaluateOutput
from partsight.pipeline.stages.graph import Graph
from partsight.pipeline.stages.layers.stage import LayersOutput, LayersStage, layers_named
from partsight.pipeline.stages.render.stage import RenderOutput, choose_variant, expect_variant
from partsight.pipeline.stages.train.stage import TrainOutput
from partsight.progress import Progress, Silence
from partsight.structures.offered import html_of


@dataclass(frozen=True)
class Experiment:
    """The stages of one recipe. Each verb runs what it needs; finished stages are found, and asked again nothing is repeated."""

    recipe: Recipe
    workspace: Workspace
    progress: Progress
    watch: Watch = ignore
    """Told the figures of each epoch of training; an exception from it stops the training, which can be taken up again."""
    given: Recipe = field(init=False, repr=False, compare=False)
    """The recipe as it was given; in `recipe` stands what this machine chose where it leaves that open."""

    def __post_init__(self) -> None:
        """Settle what the recipe leaves to this machine; nothing is fetched, asked, measured or written for it."""
        object.__setattr__(self, "given", self.recipe)
        begun = settle_start(self.recipe, self.workspace)
        object.__setattr__(self, "recipe", settle_budget(begun, self.workspace))

    def import_parts(self) -> PartsOutput:
        """Import the CAD files."""
        run, graph = self._before_training(self._begun)
        return run.resolve(graph.parts)

    def render(self) -> RenderOutput:
        """Make the recipe's labeled pictures."""
        run, graph = self._before_training(self._drawn)
        return run.resolve(graph.renders)

    def write_layers(self, *layers: str) -> LayersOutput:
        """Write 'masks', 'sub-parts', 'depth', 'normals' or 'poses' of the renders; nothing is rendered again. Raises DatasetError."""
        run, graph = self._before_training(self._drawn)
        return run.resolve(LayersStage(graph.renders, layers_named(layers)))

    def assemble(self) -> DatasetOutput:
        """Split and mix renders and photos."""
        run, graph = self._before_training(self._drawn)
        return run.resolve(graph.dataset)

    def train(self) -> TrainOutput:
        """Train the detector; the earlier trainings of the schedule hang on the last, which is returned."""
        return self._run.resolve(self._startable.trainings[-1])

    def verify(self) -> Checkpoint:
        """Train the second opinion where the recipe has one, and return the finished detector with it."""
        stage = self._startable.verification
        return self.train().checkpoint if stage is None else self._run.resolve(stage).checkpoint

    def evaluate(self) -> EvaluateOutput:
        """Measure the detector on the test pictures."""
        return self._run.resolve(self._startable.evaluation)

    def report(self) -> Path:
        """Write the page that shows it all, and return its path."""
        page = self._run.resolve(self._startable.report)
        keep_speeds(self._fixed, self._settled, self.workspace)
        return page

    def plan(self) -> Plan:
        """Return what a report still needs, stage by stage, with the time it will take. Runs nothing."""
        check_start(self.recipe.train)
        return plan_stages(self.graph.stages, self.workspace)

    @property
    def graph(self) -> Graph:
        """The stages, joined by their keys, as far as is known: as `plan` and `expect` say. Runs nothing. Raises RecipeError."""
        return Graph(self.expect(), functools.partial(expect_variant, workspace=self.workspace))

    def settle(self) -> Graph:
        """Return the stages with all that a run chooses itself: within a budget renders are drawn and a training is timed for it.

        A cluster is asked what it draws with, and the start of the training is fetched where the recipe says so. Raises RecipeError
        and what stages raise.
        """
        return self._settled

    def expect(self) -> Recipe:
        """Return the recipe with the numbers that are or would be chosen for its budget by what is known so far. Runs nothing."""
        begun = settle_start(self.given, self.workspace)
        return expect_budget(begun, self.workspace, functools.partial(expect_variant, workspace=self.workspace))

    def _repr_html_(self) -> str:
        return html_of(self, "experiments", "show_experiment")

    @cached_property
    def _settled(self) -> Graph:
        return Graph(self._fixed, self._find_variant)

    @property
    def _startable(self) -> Graph:
        """The stages, where the training has what it begins with: told before hours are spent. Raises DetectorError."""
        check_start(self._begun.train)
        return self._settled

    @cached_property
    def _begun(self) -> Recipe:
        """The recipe with its choices remembered, now that something is run."""
        return begin_start(self.given, self.workspace)

    @cached_property
    def _drawn(self) -> Recipe:
        """The recipe with the number of renders that its time allows."""
        return draw_within(self._begun, self.workspace, self.progress, self._find_variant)

    @cached_property
    def _fixed(self) -> Recipe:
        """The recipe with the epochs that its time allows, too."""
        return train_within(self._begun, self.workspace, self.progress, self._find_variant)

    @cached_property
    def _find_variant(self) -> Callable[[Recipe], str]:
        return functools.cache(functools.partial(choose_variant, workspace=self.workspace))

    @cached_property
    def _run(self) -> Run:
        return Run(self._fixed, self.workspace, self.progress, self.watch)

    def _before_training(self, recipe: Recipe) -> tuple[Run, Graph]:
        """Return what makes stages for which the epochs of a budget need not be settled."""
        if not has_budget(self._begun):
            return self._run, self._settled
        return Run(recipe, self.workspace, self.progress, self.watch), Graph(recipe, self._find_variant)


def open_experiment(
    recipe: str | Path, settings: Sequence[str] = (), *, out: str | Path | None = None, progress: Progress | None = None
) -> Experiment:
    """Return the experiment of a recipe file, with `a.b=c` settings on top, quietly; it runs when its outputs are asked for.

    Everything is written below `out`, by default the folder 'runs' beside the recipe. Raises RecipeError.
    """
    path = Path(recipe)
    workspace = Workspace(Path(out) if out is not None else path.parent / "runs")
    return Experiment(read_recipe(path, settings), workspace, progress or Silence())
