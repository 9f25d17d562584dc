"""Partsight turns the CAD models of custom-built parts into a camera that recognises those parts.

From Python, the same as from the command line:

    import partsight

    experiment = partsight.open_experiment("recipe.toml", ["render.count=200"])
    experiment.renders                      # each stage runs when it is asked for, or is found finished
    experiment.evaluated.evaluation.overall.ap50
    partsight.load("model/").detect("photo.jpg")

In a script (not in a notebook) keep this below `if __name__ == "__main__":`, because the workers that render read the script, too.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partsight.config.loading import read_recipe as read_recipe
    from partsight.config.recipe import Recipe as Recipe
    from partsight.deploy.model import load as load
    from partsight.errors import PartsightError as PartsightError
    from partsight.pipeline.experiment import Experiment as Experiment
    from partsight.pipeline.experiment import open_experiment as open_experiment
    from partsight.pipeline.preview import write_sheet as write_sheet
    from partsight.pipeline.running.workspace import Workspace as Workspace
    from partsight.pipeline.study.sweep import Sweep as Sweep
    from partsight.pipeline.study.sweep import run_sweep as run_sweep
    from partsight.pipeline.study.sweep import summarize as summarize

__version__ = "0.1.0"
_HOMES = {
    "Experiment": "pipeline.experiment",
    "PartsightError": "errors",
    "Recipe": "config.recipe",
    "Sweep": "pipeline.study.sweep",
    "Workspace": "pipeline.running.workspace",
    "load": "deploy.model",
    "open_experiment": "pipeline.experiment",
    "read_recipe": "config.loading",
    "run_sweep": "pipeline.study.sweep",
    "summarize": "pipeline.study.sweep",
    "write_sheet": "pipeline.preview",
}
__all__ = [
    "Experiment",
    "PartsightError",
    "Recipe",
    "Sweep",
    "Workspace",
    "__version__",
    "load",
    "open_experiment",
    "read_recipe",
    "run_sweep",
    "summarize",
    "write_sheet",
]


def __getattr__(name: str) -> Any:
    """Import what is public when it is first used, so that `import partsight` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'partsight' has no attribute {name!r}")
    return getattr(import_module(f"partsight.{_HOMES[name]}"), name)
