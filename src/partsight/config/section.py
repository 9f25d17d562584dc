"""The base of all sections."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr

from partsight.config.validation import validated


@dataclass(frozen=True, slots=True)
class BaseFolder:
    """Where a recipe comes from; recipes with the same keys are equal wherever they come from."""

    folder: Path | None = field(default=None, compare=False)
    """What relative paths are relative to; None is the working directory."""


class Section(BaseModel):
    """A frozen group of settings, closed to unknown keys; the docstring under a field documents it everywhere."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True, allow_inf_nan=False
    )

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
