"""What the trainings of a workspace start from where the recipe says `auto`: the best at hand, and the same as before.

Without the memory, weights that are fetched between two runs would train everything anew.
"""

from pathlib import Path
from typing import Any

from partsight.config.recipe import Recipe
from partsight.config.sections.train import TrainSection
from partsight.detector.fetching import fetch
from partsight.detector.starts import AUTO, DOWNLOAD, Start, could_fetch, settle, start_content, with_start
from partsight.errors import StorageError
from partsight.pipeline.choosing.memory import CHOICES, forget_choice, read_choice, write_choice
from partsight.pipeline.running.keys import hash_content
from partsight.pipeline.running.workspace import Workspace

_KIND = "start"


def settle_start(recipe: Recipe, workspace: Workspace) -> Recipe:
    """Return the recipe with what its training starts from: as chosen before, or the best at hand. Fetches and asks nothing.

    Where there is no start for the network that it names, it stays as it is. Raises DetectorError and StorageError.
    """
    section = recipe.train
    before = _chosen_before(section, workspace)
    settled = settle(section, recipe.folder) if before is None else with_start(section, before)
    return recipe if settled is section else recipe.but(train=settled)


def begin_start(given: Recipe, workspace: Workspace) -> Recipe:
    """Return the recipe with its start, fetched where it says so, and remember it. Raises DetectorError and StorageError."""
    if given.train.weights == DOWNLOAD and given.train.family == "ultralytics":
        fetch(given.train.family, given.train.network)
    settled = settle_start(given, workspace)
    if given.train.weights == AUTO != settled.train.weights:
        section = settled.train
        rate = section.learning_rate if "learning_rate" not in given.train.model_fields_set else None
        kept = {"family": section.family, "model": section.model, "weights": section.weights, "learning_rate": rate}
        kept |= {"content": start_content(section.weights, hash_content)}
        if read_choice(workspace, _KIND, _wanted(given.train)) != kept:
            write_choice(workspace, _KIND, _wanted(given.train), kept)
    return settled


def may_offer(recipe: Recipe, workspace: Workspace) -> bool:
    """Return whether its makers' weights would be a better start, and no other was taken in this workspace yet."""
    return could_fetch(recipe.train, recipe.folder) and _chosen_before(recipe.train, workspace) is None


def fetch_start(recipe: Recipe, workspace: Workspace) -> Path | None:
    """Fetch its makers' weights where they would be a better start, for this and later runs; None where they would not.

    Raises DetectorError and StorageError.
    """
    if not could_fetch(recipe.train, recipe.folder):
        return None
    path = fetch(recipe.train.family, recipe.train.network)
    forget_choice(workspace, _KIND, _wanted(recipe.train))
    return path


def _wanted(section: TrainSection) -> dict[str, Any]:
    """Return what the recipe itself says of the network."""
    stated = section.model_fields_set
    wanted = {name: getattr(section, name) if name in stated else None for name in ("family", "model")}
    return wanted if section.task == "detect" else {**wanted, "task": section.task}


def _chosen_before(section: TrainSection, workspace: Workspace) -> Start | None:
    """Return the start that was chosen, None where there was none or its file is no longer what it was."""
    kept = read_choice(workspace, _KIND, _wanted(section)) if section.weights == AUTO else None
    if kept is None:
        return None
    try:
        start = Start(*(kept[name] for name in ("family", "model", "weights", "learning_rate")))
        is_there = start_content(start.weights, hash_content) == kept["content"]
    except (LookupError, TypeError) as error:
        raise StorageError(
            f"{workspace.root / CHOICES}: a choice is damaged ({error!r}). Delete the folder."
        ) from error
    return start if is_there else None
