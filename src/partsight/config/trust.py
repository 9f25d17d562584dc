"""Values of a recipe that are as trusted as a script: they end in a shell, start a program, or name who is told and what is written.

A recipe may come from somebody else. Such values are used once the user has accepted them: the answer is kept in the user's
configuration folder, for these very values in this folder, so that a changed recipe, or scripts of another project, ask again.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from partsight.config.user_folder import user_folder
from partsight.errors import UntrustedRecipeError
from partsight.files import hash_json, write_json

AS_SCRIPTS: Mapping[str, str] = {
    "cluster.options": "lines of the job script",
    "cluster.setup": "shell lines of every job",
    "live.history": "a folder that is written to",
    "live.webhook": "a server that is told what the camera sees",
    "render.blender": "a program that is started",
    "track.mlflow_uri": "a server that is told figures and your login",
}
"""Such keys, and what becomes of their values."""
VARIABLE = "PARTSIGHT_TRUST"
"""Set to 1, recipes are trusted without a question: for scripts, and for workers whose recipe was accepted where it was started."""


def check_trusted(values: Mapping[str, Any], recipe_path: Path) -> None:
    """Raise UntrustedRecipeError where this user has not accepted such values of a recipe, in its folder."""
    folder = recipe_path.resolve().parent
    if not values or os.environ.get(VARIABLE) == "1" or _answer(values, folder).is_file():
        return
    named = "\n".join(f"  {key} = {value!r}    ({AS_SCRIPTS[key]})" for key, value in values.items())
    raise UntrustedRecipeError(
        f"{recipe_path}: these values are as trusted as a script; they work with your rights on this machine:\n{named}\n"
        f"Accept them once at a terminal, or set {VARIABLE}=1 where you trust the recipe.",
        values,
        folder,
    )


def script_values(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a recipe's content that are as trusted as a script, by key; empty ones do nothing."""
    found = {key: _value(content, key) for key in AS_SCRIPTS}
    return {key: value for key, value in found.items() if value}


def accept(values: Mapping[str, Any], folder: Path) -> None:
    """Remember that this user trusts these values of recipes in a folder. Raises StorageError."""
    write_json(_answer(values, folder), {"folder": str(folder), "values": dict(values)})


def _value(content: Mapping[str, Any], key: str) -> Any:
    value: Any = content
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _answer(values: Mapping[str, Any], folder: Path) -> Path:
    """Return the file that stands where these values have been accepted."""
    return user_folder() / "accepted" / f"{hash_json([str(folder), dict(values)])}.json"
