"""Partsight turns the CAD models of custom-built parts into a camera that recognizes those parts.

From Python, the same as from the command line:

    import partsight

    experiment = partsight.open_experiment("recipe.toml", ["render.count=200"])
    experiment.render()                     # each stage runs when it is asked for, or is found finished
    experiment.evaluate().evaluation.overall.ap50
    partsight.load("model/").detect("photo.jpg")

In a script (not in a notebook) keep this below `if __name__ == "__main__":`, because the workers that render read the script, too.
"""

import typing as _typing
from importlib import import_module as _import_module

if _typing.TYPE_CHECKING:
    from partsight.cad.symmetry.finding import find_symmetry as find_symmetry
    from partsight.config.loading import read_recipe as read_recipe
    from partsight.config.recipe import Recipe as Recipe
    from partsight.deploy.model import FoundParts as FoundParts
    from partsight.deploy.model import Model as Model
    from partsight.deploy.model import load as load
    from partsight.errors import PartsightError as PartsightError
    from partsight.pipeline.cad_files.read import read_part as read_part
    from partsight.pipeline.experiment import Experiment as Experiment
    from partsight.pipeline.experiment import open_experiment as open_experiment
    from partsight.pipeline.preview import write_sheet as write_sheet
    from partsight.pipeline.running.workspace import Workspace as Workspace
    from partsight.pipeline.study.sweep import Sweep as Sweep
    from partsight.pipeline.study.sweep import run_sweep as run_sweep
    from partsight.pipeline.study.sweep import summarize as summarize
    from partsight.structures.dataset import Dataset as Dataset
    from partsight.structures.dataset import Splits as Splits
    from partsight.structures.detections import Detection as Detection
    from partsight.structures.detections import Detections as Detections
    from partsight.structures.evaluation import Evaluation as Evaluation
    from partsight.structures.labeled_instance import LabeledInstance as LabeledInstance
    from partsight.structures.sample import Sample as Sample
    from partsight.structures.world.part import Part as Part
    from partsight.structures.world.scene import Scene as Scene
    from partsight.structures.world.symmetry import Symmetry as Symmetry

__version__ = "0.1.0"
_HOMES = {
    "Dataset": "structures.dataset",
    "Detection": "structures.detections",
    "Detections": "structures.detections",
    "Evaluation": "structures.evaluation",
    "Experiment": "pipeline.experiment",
    "FoundParts": "deploy.model",
    "LabeledInstance": "structures.labeled_instance",
    "Model": "deploy.model",
    "Part": "structures.world.part",
    "PartsightError": "errors",
    "Recipe": "config.recipe",
    "Sample": "structures.sample",
    "Scene": "structures.world.scene",
    "Splits": "structures.dataset",
    "Sweep": "pipeline.study.sweep",
    "Symmetry": "structures.world.symmetry",
    "Workspace": "pipeline.running.workspace",
    "find_symmetry": "cad.symmetry.finding",
    "load": "deploy.model",
    "open_experiment": "pipeline.experiment",
    "read_part": "pipeline.cad_files.read",
    "read_recipe": "config.loading",
    "run_sweep": "pipeline.study.sweep",
    "summarize": "pipeline.study.sweep",
    "write_sheet": "pipeline.preview",
}
"""The public names and where they live; the imports above say the same to type checkers."""
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 - one list, so this one is made from it


def __getattr__(name: str) -> _typing.Any:
    """Import what is public when it is first used, so that `import partsight` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'partsight' has no attribute {name!r}")
    return getattr(_import_module(f"partsight.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
