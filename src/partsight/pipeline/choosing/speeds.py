"""How fast this machine is at each kind of stage: kept for the machine, measured in the workspace, or guessed until it is."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from partsight.config.recipe import Recipe
from partsight.files import write_json
from partsight.pipeline.running.plan import measured_speeds
from partsight.pipeline.running.run import machine_name
from partsight.pipeline.running.stage import Stage
from partsight.pipeline.running.workspace import Workspace

_PIXELS = 320 * 320
_TRAIN_S: Mapping[str, float] = {"yolov8n": 0.08, "nano": 0.1, "tiny": 0.25, "lite0": 0.3}
"""Seconds for one picture of 320² in training on two cores, where nothing was measured yet."""
_OTHER_NETWORK_S = 0.2
_MASKS = 1.5
"""How much longer the training of masks takes."""
_SCENE_S, _PATH_S = 0.3, 1.6e-7
"""Seconds for a render on two cores: for its scene, and for each path."""
_SLOW_PATHS = 5.0
"""How much longer paths take without vector instructions."""
_OTHERS_S: Mapping[str, float] = {"cad": 4.0, "dataset": 0.01, "evaluate": 0.25, "report": 20.0, "verify": 0.02}
_OTHER_S = 0.1


def speed_of(stage: Stage[Any, Any], recipe: Recipe, workspace: Workspace, *, slowness: float = 1.0) -> float:
    """Return the seconds for one unit of a stage; guesses are for a machine that is `slowness` times slower than the usual one."""
    known = known_speed(stage, workspace)
    return guessed_speed(stage, recipe) * slowness if known is None else known


def known_speed(stage: Stage[Any, Any], workspace: Workspace) -> float | None:
    """Return the seconds for one unit as measured on this machine, None where nothing like it was."""
    kept = _kept().get(_name(stage))
    here = measured_speeds(stage, workspace) if kept is None else ()
    return median(here) if here else kept


def keep_speed(stage: Stage[Any, Any], seconds_each: float) -> None:
    """Remember for this machine how long a unit takes."""
    everything = _read()
    everything[machine_name()] = {**everything.get(machine_name(), {}), _name(stage): round(seconds_each, 5)}
    write_json(_path(), everything)


def guessed_speed(stage: Stage[Any, Any], recipe: Recipe) -> float:
    """Return the seconds for one unit on the usual two cores."""
    if stage.name == "render":
        render = recipe.render
        is_slow = "scalar" in stage.speed_kind
        paths = render.width * render.height * render.samples_per_pixel
        return _SCENE_S + (0.0 if render.renderer == "pyvista" else paths * _PATH_S * (_SLOW_PATHS if is_slow else 1))
    relative = recipe.train.image_size**2 / _PIXELS
    if stage.name == "train":
        masks = 1.0 if recipe.train.task == "detect" else _MASKS
        return _TRAIN_S.get(recipe.train.model, _OTHER_NETWORK_S) * relative * masks
    return _OTHERS_S.get(stage.name, _OTHER_S) * (relative if stage.name == "evaluate" else 1)


def _name(stage: Stage[Any, Any]) -> str:
    return f"{stage.name}: {stage.speed_kind}"


def _kept() -> Mapping[str, float]:
    found = _read().get(machine_name(), {})
    return {name: value for name, value in found.items() if isinstance(value, float | int) and value > 0}


def _read() -> dict[str, Any]:
    """Return what is kept of all machines that share this home; what cannot be read is measured anew."""
    try:
        content = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return (
        {name: value for name, value in content.items() if isinstance(value, dict)} if isinstance(content, dict) else {}
    )


def _path() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "partsight" / "speeds.json"
