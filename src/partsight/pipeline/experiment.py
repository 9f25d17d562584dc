"""One recipe from CAD files to the report: the stages in their order, each found finished or run."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.detector.detector import Checkpoint
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

    def import_parts(self) -> PartsOutput:
        """Import the CAD files."""
        return self._run.resolve(self.graph.parts)

    def render(self) -> RenderOutput:
        """Make the recipe's labeled pictures."""
        return self._run.resolve(self.graph.renders)

    def write_layers(self, *layers: str) -> LayersOutput:
        """Write 'masks', 'sub-parts', 'depth', 'normals' or 'poses' of the renders; nothing is rendered again. Raises DatasetError."""
        return self._run.resolve(LayersStage(self.graph.renders, layers_named(layers)))

    def assemble(self) -> DatasetOutput:
        """Split and mix renders and photos."""
        return self._run.resolve(self.graph.dataset)

    def train(self) -> TrainOutput:
        """Train the detector; the earlier trainings of the schedule hang on the last, which is returned."""
        return self._run.resolve(self.graph.trainings[-1])

    def verify(self) -> Checkpoint:
        """Train the second opinion where the recipe has one, and return the finished detector with it."""
        stage = self.graph.verification
        return self.train().checkpoint if stage is None else self._run.resolve(stage).checkpoint

    def evaluate(self) -> EvaluateOutput:
        """Measure the detector on the test pictures."""
        return self._run.resolve(self.graph.evaluation)

    def report(self) -> Path:
        """Write the page that shows it all, and return its path."""
        return self._run.resolve(self.graph.report)

    def plan(self) -> Plan:
        """Return what a report still needs, stage by stage, with the time it will take. Runs nothing."""
        expected = Graph(self.recipe, functools.partial(expect_variant, workspace=self.workspace))
        return plan_stages(expected.stages, self.workspace)

    def _repr_html_(self) -> str:
        return html_of(self, "experiments", "show_experiment")

    @cached_property
    def graph(self) -> Graph:
        """The stages, joined by their keys; none has to have run."""
        return Graph(self.recipe, functools.partial(choose_variant, workspace=self.workspace))

    @cached_property
    def _run(self) -> Run:
        return Run(self.recipe, self.workspace, self.progress, self.watch)


def open_experiment(
    recipe: str | Path, settings: Sequence[str] = (), *, out: str | Path | None = None, progress: Progress | None = None
) -> Experiment:
    """Return the experiment of a recipe file, with `a.b=c` settings on top, quietly; it runs when its outputs are asked for.

    Everything is written below `out`, by default the folder 'runs' beside the recipe. Raises RecipeError.
    """
    path = Path(recipe)
    workspace = Workspace(Path(out) if out is not None else path.parent / "runs")
    return Experiment(read_recipe(path, settings), workspace, progress or Silence())
