"""What a run will do before it does it: each stage found, begun or to be made, and the time that the rest will take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, TypeAlias

from partsight.pipeline.running.run import find_manifest, machine_name
from partsight.pipeline.running.stage import Stage
from partsight.pipeline.running.workspace import Workspace, list_finished

PlanState: TypeAlias = Literal["found", "begun", "to be made"]


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """One stage, and what is left of it."""

    name: str
    title: str
    key: str
    unit: str
    state: PlanState
    num_units: int
    num_missing: int
    seconds_each: float | None
    """Seconds for one unit, None where nothing like it was measured on this machine."""
    num_measured: int
    """How many finished stages that rests on."""

    @property
    def seconds_left(self) -> float | None:
        """Time still to come on one worker, None where it cannot be known yet."""
        if not self.num_missing:
            return 0.0
        return None if self.seconds_each is None else self.num_missing * self.seconds_each


@dataclass(frozen=True, slots=True)
class Plan:
    """The stages of one recipe or of many, each named once, in an order in which they can be made."""

    stages: tuple[PlannedStage, ...]

    @property
    def seconds_left(self) -> float | None:
        """Time still to come, None where it cannot be known yet."""
        times = [stage.seconds_left for stage in self.stages]
        return None if None in times else sum(time for time in times if time is not None)

    @property
    def sentence(self) -> str:
        """What is left, in words."""
        if not any(stage.num_missing for stage in self.stages):
            return "Everything is found finished."
        left = self.seconds_left
        if left is not None:
            return f"About {duration(left)} of work left."
        unknown = list(dict.fromkeys(stage.name for stage in self.stages if stage.seconds_left is None))
        known = sum(stage.seconds_left or 0.0 for stage in self.stages)
        if not known:
            return "How long it will take is not known before it ran once on this machine."
        return f"About {duration(known)} of work left, and {', '.join(unknown)}: not yet measured on this machine."


def plan_stages(stages: Iterable[Stage[Any, Any]], workspace: Workspace) -> Plan:
    """Return what is left of these stages; of stages with one key, the one that goes furthest counts."""
    furthest: dict[tuple[str, str], Stage[Any, Any]] = {}
    for stage in stages:
        place = (stage.name, stage.key)
        if place not in furthest or furthest[place].extent < stage.extent:
            furthest[place] = stage
    return Plan(tuple(_plan(stage, workspace) for stage in furthest.values()))


def duration(seconds: float) -> str:
    """Return a time in words, as in `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _plan(stage: Stage[Any, Any], workspace: Workspace) -> PlannedStage:
    folder = workspace.stage_dir(stage.name, stage.key)
    is_found = find_manifest(stage, folder) is not None
    num_missing = 0 if is_found else stage.num_missing(folder)
    measured = measured_speeds(stage, workspace)
    return PlannedStage(
        name=stage.name,
        title=stage.title,
        key=stage.key,
        unit=stage.unit,
        state="found" if is_found else "begun" if num_missing < stage.num_units else "to be made",
        num_units=stage.num_units,
        num_missing=num_missing,
        seconds_each=median(measured) if measured else None,
        num_measured=len(measured),
    )


def measured_speeds(stage: Stage[Any, Any], workspace: Workspace) -> Sequence[float]:
    """Return the seconds that a unit took in finished stages of this kind, made on this machine."""
    kind = (stage.speed_kind, machine_name())
    return [
        manifest.seconds / manifest.num_units
        for _, manifest in list_finished(workspace, stage.name, stage.manifest_type)
        if manifest.num_units and (manifest.speed_kind, manifest.machine) == kind
    ]
