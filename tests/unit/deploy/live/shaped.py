"""A model folder whose first class has a shape."""

from dataclasses import replace
from pathlib import Path

from partsight.deploy.model import Model
from partsight.deploy.model_folder import ModelFolder, shape_entry, write_description
from partsight.pose.shapes.shape_file import write_shape
from tests.unit.deploy.live.scene import color_model
from tests.unit.pose.scenes import block_shape


def shaped_model(path: Path) -> Model:
    model = color_model(path)
    return replace(model, folder=with_shape(model.folder, block_shape()))


def with_shape(folder: ModelFolder, shape) -> ModelFolder:
    """Return the folder as it is when it was exported with this shape for its first class."""
    file = folder.path / "shapes" / "square.npz"
    file.parent.mkdir(exist_ok=True)
    write_shape(shape, file)
    first, *others = folder.description.parts
    parts = (first.model_copy(update={"shape": shape_entry(folder.path, file)}), *others)
    description = folder.description.model_copy(update={"parts": parts})
    write_description(folder.path, description)
    return replace(folder, description=description)
