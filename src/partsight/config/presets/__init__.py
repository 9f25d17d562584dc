"""Presets: the best known values for a kind of place, each one TOML file; what a recipe states itself counts more."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias, get_args

PresetName: TypeAlias = Literal["workshop", "table", "bin", "hand", "baseline"]
PRESETS: tuple[PresetName, ...] = get_args(PresetName)


@dataclass(frozen=True, slots=True)
class Preset:
    """What a preset sets, and for whom."""

    description: str
    content: dict[str, Any]
    """Part of a recipe's content; not to be changed."""


@cache
def read_preset(name: PresetName) -> Preset:
    """Return a preset by its name."""
    content = tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    return Preset(content.pop("description"), content)
