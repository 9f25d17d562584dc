"""How long a sweep will take: what is left of the stages of all its cells, each counted once."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from partsight.pipeline.choosing.budget import expect_budget
from partsight.pipeline.choosing.start import settle_start
from partsight.pipeline.running.cluster import num_cluster_workers
from partsight.pipeline.running.plan import Plan, PlannedStage, duration, plan_stages
from partsight.pipeline.stages.graph import Graph
from partsight.pipeline.stages.render.stage import expect_variant
from partsight.pipeline.study.sweep import Sweep, plan_cells


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """What is left of one kind of stage over all cells."""

    name: str
    unit: str
    num_wanted: int
    num_finished: int
    num_units_left: int
    seconds_each: float | None
    """Seconds for one unit, in the mean of what is left; None where something like it was never measured here."""
    source: str
    num_workers: int = 1

    @property
    def seconds_left(self) -> float | None:
        """Time still to come, spread over the workers."""
        if not self.num_units_left:
            return 0.0
        return None if self.seconds_each is None else self.num_units_left * self.seconds_each / self.num_workers


@dataclass(frozen=True, slots=True)
class SweepEstimate:
    """The stages of a sweep."""

    stages: tuple[StageEstimate, ...]
    plan: Plan

    @property
    def seconds_left(self) -> float | None:
        """Time still to come, None where it cannot be known yet."""
        times = [stage.seconds_left for stage in self.stages]
        return None if None in times else sum(time for time in times if time is not None)

    @property
    def sentence(self) -> str:
        """The estimate in words."""
        left = self.seconds_left
        return self.plan.sentence if left in (None, 0.0) else f"About {duration(left or 0.0)} of work left."


def estimate_sweep(sweep: Sweep) -> SweepEstimate:
    """Return what is left and how long it should take. Raises RecipeError, CadError, DatasetError."""
    expect = functools.partial(expect_variant, workspace=sweep.workspace)
    begun = [settle_start(sweep.recipe(cell), sweep.workspace) for cell in plan_cells(sweep.recipe().sweep)]
    recipes = [expect_budget(recipe, sweep.workspace, expect) for recipe in begun]
    plan = plan_stages((stage for recipe in recipes for stage in Graph(recipe, expect).stages), sweep.workspace)
    cluster = recipes[0].cluster
    num_workers = 1 if cluster.kind == "local" else num_cluster_workers(cluster)
    names = dict.fromkeys(stage.name for stage in plan.stages)
    alike = {name: [stage for stage in plan.stages if stage.name == name] for name in names}
    return SweepEstimate(tuple(_summed(name, stages, num_workers) for name, stages in alike.items()), plan)


def _summed(name: str, stages: Sequence[PlannedStage], num_workers: int) -> StageEstimate:
    """Return the stages of one name together: those that are unfinished run side by side as far as there are workers."""
    unfinished = [stage for stage in stages if stage.state != "found"]
    left = sum(stage.num_missing for stage in stages)
    times = [stage.seconds_left for stage in stages]
    known = None if None in times else sum(time for time in times if time is not None)
    num_measured = max(stage.num_measured for stage in stages)
    return StageEstimate(
        name,
        stages[0].unit,
        num_wanted=len(stages),
        num_finished=len(stages) - len(unfinished),
        num_units_left=left,
        seconds_each=known / left if known is not None and left else None,
        source=f"{num_measured} run{'' if num_measured == 1 else 's'} here" if num_measured else "nothing yet",
        num_workers=1 if name == "render" else min(num_workers, max(1, len(unfinished))),
    )
