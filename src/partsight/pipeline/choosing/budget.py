"""A time instead of five numbers: chosen in two steps, kept to, remembered.

The first pictures are drawn and timed, and the number of renders is chosen; it is looked at again whenever twice as many are
there, since a machine may become busy. Before training, a few of them are
trained with and timed, and the epochs are chosen for what is left of the time: from then on they stay, so that a killed run goes on
with the very same training. Both choices lie in the workspace; the same command finds everything again.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from partsight.config.loading import effective_recipe
from partsight.config.recipe import Recipe
from partsight.errors import RecipeError, StorageError
from partsight.pipeline.choosing.allocation import (
    LEAST_PASSES,
    LEAST_RENDERS,
    SAMPLES,
    SMALL_PARTS,
    Cost,
    Numbers,
    allocation_for,
    divide,
    fit_cost,
    least_seconds,
)
from partsight.pipeline.choosing.memory import CHOICES, read_choice, write_choice
from partsight.pipeline.choosing.speeds import guessed_speed, keep_speed, known_speed, speed_of
from partsight.pipeline.choosing.trial import time_training
from partsight.pipeline.running.plan import duration
from partsight.pipeline.running.run import Run, find_manifest
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.graph import Graph
from partsight.progress import Advance, Progress

_KIND = "budget"
_FIRST_RENDERS = 24
"""Drawn to time the others; they are among those that are used."""
_STRIDE = 32
_LEFT_OUT = {"name", "report", "evaluate", "track", "cluster", "sweep"}
"""Sections that change nothing about what fits into a time."""
_SLOWNESS = (0.3, 20.0)
_CHOSEN = (
    "render.count", "render.width", "render.height", "render.samples_per_pixel", "train.image_size", "train.epochs",
    "train.augment.close_mosaic",
)  # fmt: skip
NOT_KEPT = "budget: the recipe states render.count and train.epochs itself, so its time is not kept to"
FindVariant = Callable[[Recipe], str]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for a recipe, by dotted keys, and how far it is settled."""

    numbers: Mapping[str, Any]
    spent_s: float
    is_fixed: bool = False
    """Whether the epochs are chosen, too, and stay."""


def has_budget(recipe: Recipe) -> bool:
    """Return whether a time is given, and leaves anything to choose: not for the recipe of a run in which that was done."""
    return recipe.budget.minutes is not None and not all(_is_stated(recipe, key) for key in _CHOSEN)


def is_kept_to(recipe: Recipe) -> bool:
    """Return whether a recipe leaves renders or epochs open, so that its time can be kept to."""
    return None in _stated_numbers(recipe).values()


def settle_budget(recipe: Recipe, workspace: Workspace) -> Recipe:
    """Return the recipe with the numbers that were chosen for its time in this workspace; as it is where none were yet."""
    choice = _remembered(recipe, workspace) if has_budget(recipe) else None
    return recipe if choice is None else recipe.at(choice.numbers)


def expect_budget(recipe: Recipe, workspace: Workspace, find_variant: FindVariant) -> Recipe:
    """Return the recipe with the numbers that are or would be chosen by what is known of this machine. Raises RecipeError."""
    if not has_budget(recipe) or _remembered(recipe, workspace) is not None:
        return settle_budget(recipe, workspace)
    return _divided(recipe, sized(recipe), 0.0, partial(_cost, workspace=workspace, find_variant=find_variant))


def draw_within(recipe: Recipe, workspace: Workspace, progress: Progress, find_variant: FindVariant) -> Recipe:
    """Return the recipe with its number of renders, all drawn. Raises RecipeError where the time is too short."""
    if not has_budget(recipe) or _remembered(recipe, workspace) is not None:
        return settle_budget(recipe, workspace)
    if not is_kept_to(recipe):
        progress.say(NOT_KEPT)
    started, shaped = time.monotonic(), sized(recipe)
    measure = partial(_cost, workspace=workspace, find_variant=find_variant)
    num_drawn, planned = 0, shaped
    while num_drawn < planned.render.count:
        num_drawn = min(planned.render.count, max(_FIRST_RENDERS, 2 * num_drawn))
        _draw(shaped.at("render.count", num_drawn), workspace, progress, find_variant)
        is_first = planned is shaped
        planned = _divided(recipe, shaped, time.monotonic() - started, measure, is_strict=is_first)
        if is_first:
            progress.say(describe_budget(planned))
    chosen = _with(recipe, shaped, Numbers(num_drawn, planned.train.epochs))
    _remember(recipe, workspace, Choice(_numbers(recipe, chosen), time.monotonic() - started))
    return chosen


def train_within(recipe: Recipe, workspace: Workspace, progress: Progress, find_variant: FindVariant) -> Recipe:
    """Return the recipe with its epochs, after drawing its renders and timing a training. Raises RecipeError and what stages raise."""
    drawn = draw_within(recipe, workspace, progress, find_variant)
    choice = _remembered(recipe, workspace) if has_budget(recipe) else None
    if choice is None or choice.is_fixed:
        return drawn
    started, graph = time.monotonic(), Graph(drawn, find_variant)
    splits = Run(drawn, workspace, progress).resolve(graph.dataset).splits
    slowness = _slowness(drawn, graph, workspace, lambda: time_training(drawn, splits))
    spent_s = choice.spent_s + time.monotonic() - started
    measure = partial(_cost, workspace=workspace, find_variant=find_variant, slowness=slowness)
    fixed = _refitted(recipe, drawn, spent_s, measure)
    progress.say(f"{describe_budget(fixed)} (settled)")
    _remember(recipe, workspace, Choice(_numbers(recipe, fixed), spent_s, is_fixed=True))
    return fixed


def keep_speeds(recipe: Recipe, graph: Graph, workspace: Workspace) -> None:
    """Remember for this machine how long the stages took that a budget could only guess."""
    for stage in graph.stages if recipe.budget.minutes is not None else ():
        known = known_speed(stage, workspace)
        if known is not None and stage.name not in ("cad", "dataset"):
            keep_speed(stage, known)


def sized(recipe: Recipe) -> Recipe:
    """Return the recipe with the sizes that suit its time: of input and renders, and paths per pixel."""
    row = allocation_for(_minutes(recipe))
    factor = SMALL_PARTS if recipe.preset == "table" else 1.0
    side = _in_strides(row.render_px * factor)
    wanted = {
        "train.image_size": _in_strides(row.input_px * factor),
        "render.samples_per_pixel": SAMPLES,
        **({} if _is_stated(recipe, "render.width") or _is_stated(recipe, "render.height") else _square(side)),
    }
    return recipe.at({key: value for key, value in wanted.items() if not _is_stated(recipe, key)})


def _square(side: int) -> dict[str, int]:
    return {"render.width": side, "render.height": side}


def _divided(
    recipe: Recipe, shaped: Recipe, spent_s: float, measure: Callable[[Recipe], float], *, is_strict: bool = True
) -> Recipe:
    """Return the recipe with renders and epochs that fill what is left of its time.

    Raises RecipeError for a time that is too short; where that shows only later, takes the least.
    """
    cost = fit_cost(lambda count, epochs: measure(_with(recipe, shaped, Numbers(count, epochs))))
    stated = _stated_numbers(recipe)
    numbers = divide(_minutes(recipe) * 60 - spent_s, cost, allocation_for(_minutes(recipe)).passes, **stated)
    if numbers is None and is_strict:
        raise _too_short(recipe, spent_s + least_seconds(cost, **stated))
    return _with(recipe, shaped, numbers or Numbers(stated["count"] or LEAST_RENDERS, LEAST_PASSES))


def _refitted(recipe: Recipe, drawn: Recipe, spent_s: float, measure: Callable[[Recipe], float]) -> Recipe:
    """Return the recipe with the epochs that what is left of its time allows, with the renders that there are; the least at least."""
    count, epochs = drawn.render.count, _stated_numbers(recipe)["epochs"]
    cost: Cost = fit_cost(lambda _count, number: measure(_with(recipe, drawn, Numbers(count, number))))
    found = divide(_minutes(recipe) * 60 - spent_s, cost, 1, count=count, epochs=epochs)
    return _with(recipe, drawn, found or Numbers(count, LEAST_PASSES))


def _with(recipe: Recipe, shaped: Recipe, numbers: Numbers) -> Recipe:
    """Return the recipe with these numbers; mosaics end after half of the epochs."""
    wanted = {
        "render.count": numbers.count if _stated_numbers(recipe)["count"] is None else recipe.render.count,
        "train.epochs": numbers.epochs,
        "train.augment.close_mosaic": numbers.epochs // 2,
    }
    return shaped.at({key: value for key, value in wanted.items() if not _is_stated(recipe, key)})


def _cost(recipe: Recipe, *, workspace: Workspace, find_variant: FindVariant, slowness: float = 1.0) -> float:
    """Return the seconds that are left of a recipe on this machine."""
    total = 0.0
    for stage in Graph(recipe, find_variant).stages:
        folder = workspace.stage_dir(stage.name, stage.key)
        missing = 0 if find_manifest(stage, folder) is not None else stage.num_missing(folder)
        total += missing * speed_of(stage, recipe, workspace, slowness=slowness)
    return total


def _draw(recipe: Recipe, workspace: Workspace, progress: Progress, find_variant: FindVariant) -> None:
    """Draw the recipe's pictures as far as they are missing, and remember how long one takes once the renderer is warm."""
    stage, clock = Graph(recipe, find_variant).used_renders, _Clock(progress)
    Run(recipe, workspace, clock).resolve(stage)
    seconds_each = clock.seconds_each("render")
    if seconds_each is not None:
        keep_speed(stage, seconds_each)


def _slowness(recipe: Recipe, graph: Graph, workspace: Workspace, measure: Callable[[], float]) -> float:
    """Return how much slower this machine learns than the usual one; what is not known yet is measured."""
    stage = graph.trainings[-1]
    if known_speed(stage, workspace) is None:
        keep_speed(stage, measure())
    low, high = _SLOWNESS
    return min(max((known_speed(stage, workspace) or 0.0) / guessed_speed(stage, recipe), low), high)


def _numbers(recipe: Recipe, chosen: Recipe) -> dict[str, Any]:
    """Return the keys that were chosen, with their values."""
    return {key: _value(chosen, key) for key in _CHOSEN if not _is_stated(recipe, key)}


def describe_budget(recipe: Recipe) -> str:
    """Return in words what was chosen for a time."""
    render, train = recipe.render, recipe.train
    return (
        f"budget of {_minutes(recipe):g} min: {render.count} renders of {render.width} × {render.height} with "
        f"{render.samples_per_pixel} paths; {train.network} ({train.family}) at {train.image_size} px, {train.epochs} epochs"
    )


def _too_short(recipe: Recipe, least_s: float) -> RecipeError:
    minutes = math.ceil(least_s / 60)
    return RecipeError(
        f"budget.minutes = {_minutes(recipe):g}: too short on this machine. The least that works takes about {duration(least_s)}: set "
        f"budget.minutes = {minutes}, or state smaller numbers (render.count, train.epochs, train.image_size)."
    )


def _stated_numbers(recipe: Recipe) -> dict[str, int | None]:
    return {
        "count": recipe.render.count if _is_stated(recipe, "render.count") or recipe.dataset.renders == 0 else None,
        "epochs": recipe.train.epochs if _is_stated(recipe, "train.epochs") else None,
    }


def _is_stated(recipe: Recipe, key: str) -> bool:
    """Return whether the recipe itself, not its preset, says a key."""
    section: Any = recipe
    *groups, name = key.split(".")
    for group in groups:
        if group not in section.model_fields_set:
            return False
        section = getattr(section, group)
    return name in section.model_fields_set


def _value(recipe: Recipe, key: str) -> Any:
    found: Any = recipe
    for part in key.split("."):
        found = getattr(found, part)
    return found


def _minutes(recipe: Recipe) -> float:
    return recipe.budget.minutes or 0.0


def _in_strides(pixels: float) -> int:
    return round(pixels / _STRIDE) * _STRIDE


def _wanted(recipe: Recipe) -> dict[str, Any]:
    """Return what a choice was made for."""
    return {name: value for name, value in effective_recipe(recipe).items() if name not in _LEFT_OUT}


def _remembered(recipe: Recipe, workspace: Workspace) -> Choice | None:
    """Return the choice, none but of the keys that a budget chooses: the folder may come from somebody else. Raises StorageError."""
    kept = read_choice(workspace, _KIND, _wanted(recipe))
    if kept is None:
        return None
    try:
        numbers = {key: int(value) for key, value in kept["numbers"].items()}
        choice = Choice(numbers, float(kept["spent_s"]), is_fixed=bool(kept["is_fixed"]))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StorageError(f"{_place(workspace)}: a choice is damaged ({error!r}). Delete the folder.") from error
    if not numbers.keys() <= set(_CHOSEN):
        raise StorageError(f"{_place(workspace)}: a choice names keys that no budget chooses. Delete the folder.")
    return choice


def _place(workspace: Workspace) -> Path:
    return workspace.root / CHOICES


def _remember(recipe: Recipe, workspace: Workspace, choice: Choice) -> None:
    kept = {"numbers": dict(choice.numbers), "spent_s": round(choice.spent_s, 1), "is_fixed": choice.is_fixed}
    write_choice(workspace, _KIND, _wanted(recipe), kept)


class _Clock:
    """Passes progress on, and notes when units of a stage were done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._times: dict[str, list[tuple[int, float]]] = {}

    @contextmanager
    def stage(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """Open one stage."""
        noted = self._times.setdefault(name, [])
        with self._progress.stage(name, total, unit) as advance:

            def note(done: int, remark: str) -> None:
                noted.append((done, time.monotonic()))
                advance(done, remark)

            yield note

    def say(self, message: str) -> None:
        """Tell one line."""
        self._progress.say(message)

    def seconds_each(self, name: str) -> float | None:
        """Return the seconds for one unit, from the first that was done to the last; None where fewer than two were."""
        noted = self._times.get(name, [])
        done = [one for one in noted if one[0] > noted[0][0]]  # the first line only says that it begins
        if not done or done[-1][0] == done[0][0]:
            return None
        (first, begun), (last, ended) = done[0], done[-1]
        return (ended - begun) / (last - first)
