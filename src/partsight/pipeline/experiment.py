"""One recipe from CAD files to the report: the stages in their order, each found finished or run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

from partsight.config.loading import effective_recipe, read_recipe
from partsight.config.recipe import Recipe
from partsight.files import write_json
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import PartsOutput, make_parts
from partsight.pipeline.stages.camera_ranges import for_rendering
from partsight.pipeline.stages.dataset.stage import DatasetOutput, check_backgrounds, make_dataset, with_needed_renders
from partsight.pipeline.stages.evaluate.stage import EvaluateOutput, make_evaluation
from partsight.pipeline.stages.render.stage import RenderOutput, make_renders
from partsight.pipeline.stages.report.stage import Made, make_report
from partsight.pipeline.stages.train.schedule import run_schedule
from partsight.pipeline.stages.train.stage import TrainOutput, Watch, ignore
from partsight.progress import Progress, Silence
from partsight.structures.offered import html_of


class _Finished(Protocol):
    @property
    def key(self) -> str: ...


_Output = TypeVar("_Output", bound=_Finished)


@dataclass(frozen=True)
class Experiment:
    """The stages of one recipe. Asking for an output runs what it needs; finished stages are found, not repeated."""

    recipe: Recipe
    workspace: Workspace
    progress: Progress
    watch: Watch = ignore
    """Told the figures of each epoch of training; an exception from it stops the training, which can be taken up again."""

    @cached_property
    def parts(self) -> PartsOutput:
        """The imported CAD files."""
        return self._recorded("cad", make_parts(self.recipe, self.workspace, self.progress))

    @cached_property
    def renders(self) -> RenderOutput:
        """The labelled pictures made from them."""
        return self._render(self.recipe)

    @cached_property
    def used_renders(self) -> RenderOutput:
        """Those that training and report use: all, or a few where nothing learns from them."""
        needed = with_needed_renders(self.recipe)
        return self.renders if needed is self.recipe else self._render(needed)

    @cached_property
    def dataset(self) -> DatasetOutput:
        """Renders and photos, split and mixed."""
        return self._recorded("dataset", make_dataset(self.recipe, self.used_renders, self.workspace, self.progress))

    @cached_property
    def trained(self) -> TrainOutput:
        """The detector that the last training of the schedule left; the earlier ones hang on it."""
        trained = run_schedule(self, self.watch)
        for output in trained.earlier:
            self._recorded("train", output)
        return self._recorded("train", trained)

    @cached_property
    def evaluated(self) -> EvaluateOutput:
        """The figures."""
        made = make_evaluation(
            self.recipe, self.dataset, self.trained, workspace=self.workspace, progress=self.progress
        )
        return self._recorded("evaluate", made)

    @cached_property
    def report(self) -> Path:
        """The page that shows it all."""
        made = Made(self.parts, self.used_renders, self.dataset, self.trained, self.evaluated)
        return make_report(self.recipe, made, self.workspace, self.progress)

    def _repr_html_(self) -> str:
        return html_of(self, "experiments", "show_experiment")

    def _render(self, recipe: Recipe) -> RenderOutput:
        check_backgrounds(recipe)
        made = make_renders(for_rendering(recipe), self.parts, self.workspace, self.progress)
        return self._recorded("render", made)

    def _recorded(self, stage: str, output: _Output) -> _Output:
        """Write the whole recipe, defaults included, beside a stage's output."""
        write_json(self.workspace.stage_dir(stage, output.key) / "recipe.json", effective_recipe(self.recipe))
        return output


def open_experiment(
    recipe: str | Path, settings: Sequence[str] = (), *, out: str | Path | None = None, progress: Progress | None = None
) -> Experiment:
    """Return the experiment of a recipe file, with `a.b=c` settings on top, quietly; it runs when its outputs are asked for.

    Everything is written below `out`, by default the folder 'runs' beside the recipe. Raises RecipeError.
    """
    path = Path(recipe)
    workspace = Workspace(Path(out) if out is not None else path.parent / "runs")
    return Experiment(read_recipe(path, settings), workspace, progress or Silence())
