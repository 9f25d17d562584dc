"""What `model.json` of a trained network says, checked on reading: it may come from somebody else."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from partsight.config.sections.train import NetworkName
from partsight.errors import DetectorError

DESCRIPTION = "model.json"
_LARGEST_JSON = 16_000_000


class _Description(BaseModel):
    """What families rely on; the rest is for people."""

    model_config = ConfigDict(extra="allow", strict=True, protected_namespaces=())

    model: NetworkName
    class_names: Annotated[list[Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$")]], Field(min_length=1)]
    image_size: Annotated[int, Field(ge=32, le=8192, multiple_of=32)] = 640


def read_description(folder: Path) -> dict[str, Any]:
    """Return what the description of a trained network says. Raises DetectorError with everything that is wrong."""
    path = folder / DESCRIPTION
    if not path.is_file():
        raise DetectorError(
            f"{folder}: no trained model here ({DESCRIPTION} is missing). Train one with 'partsight train'."
        )
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise DetectorError(f"{path}: larger than {_LARGEST_JSON} bytes, so it is not written by Partsight.")
        return _Description.model_validate_json(path.read_bytes()).model_dump(exclude_unset=True)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
        raise DetectorError(f"{path}: does not describe a trained network ({problems}). Train again.") from error
    except OSError as error:
        raise DetectorError(f"{path}: cannot be read ({error.strerror}).") from error
