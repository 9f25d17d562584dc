"""The base of all sections, and the types that several of them share."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo

from partsight.config.validation import validated


@dataclass(frozen=True, slots=True)
class BaseFolder:
    """Where a recipe comes from; recipes with the same keys are equal wherever they come from."""

    folder: Path | None = field(default=None, compare=False)
    """What relative paths are relative to; None is the working directory."""


class Section(BaseModel):
    """A frozen group of settings, closed to unknown keys; the docstring under a field documents it everywhere."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)

    _origin: BaseFolder = PrivateAttr(default=BaseFolder())

    def __hash__(self) -> int:
        """Return a hash of all values; those of tables (`placement`, `traces`, `parts`) have none of their own."""
        return hash(self.model_dump_json())

    def but(self, **changes: Any) -> Self:
        """Return the section with some keys changed, validated as in a recipe file. Raises RecipeError.

        A relative path is relative to the working directory.
        """
        content = {**self._stated(), **changes}
        return validated(type(self), content, where=type(self).__name__, folder=self._origin.folder)

    def _stated(self) -> dict[str, Any]:
        """Return what was stated; what was not keeps its default, which may depend on other keys."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if name in self.model_fields_set or self._differs(name)}

    def _differs(self, name: str) -> bool:
        default = type(self).model_fields[name].get_default(call_default_factory=True)
        return bool(getattr(self, name) != default)


def _check_ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError(f"an interval is written [low, high]; found [{bounds[0]}, {bounds[1]}]")
    return bounds


def _resolve(path: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    return path if folder is None else Path(folder) / path


Bounds: TypeAlias = Annotated[tuple[float, float], AfterValidator(_check_ordered)]
"""[low, high], both included."""

IntBounds: TypeAlias = Annotated[tuple[int, int], AfterValidator(_check_ordered)]
"""[low, high] in whole numbers, both included."""

Share: TypeAlias = Annotated[float, Field(ge=0.0, le=1.0)]
"""A fraction or probability, 0…1."""

FilePath: TypeAlias = Annotated[Path, AfterValidator(_resolve)]
"""A path; relative ones are relative to the recipe's folder."""
