"""Settings of `live`: places in the picture where parts are counted, and what a complete set is."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from partsight.config.section import Section
from partsight.config.values import ClassName, FilePath, Share, TextLine, Things

Point: TypeAlias = tuple[Share, Share]
"""Across and down, as shares of the picture: [0, 0] is its upper left corner, [1, 1] its lower right one."""


class ZoneSection(Section):
    """A part of the picture in which parts are counted."""

    corners: Annotated[tuple[Point, ...], Field(min_length=3, max_length=50)]
    """Corners in turn, as shares of the picture: `[[0.1, 0.2], [0.6, 0.2], [0.6, 0.9], [0.1, 0.9]]`."""


class LineSection(Section):
    """A line over which parts are counted, in both directions."""

    start: Point
    """One end, as shares of the picture."""
    end: Point
    """The other end. Forward is from the left to the right of who looks from start to end."""

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        if self.start == self.end:
            raise ValueError("a line needs two different ends")
        return self


class KitSection(Section):
    """A set of parts that shall be there."""

    parts: Annotated[dict[ClassName, Things], Field(min_length=1)]
    """How many of each class: `{ "bolt M8" = 4, cover = 1 }`. Other parts in the zone are extra."""
    zone: TextLine = ""
    """Zone in which they are looked for; empty for the whole picture."""
    trigger: Literal["key", "still"] = "key"
    """When a check is written down: `key`, by the key C, the button or `POST /check`; `still`, also as soon as nothing has moved."""
    still_s: Annotated[float, Field(ge=0.3, le=60)] = 1.5
    """For how long nothing may have moved or changed, in seconds."""


class LiveSection(Section):
    """Where and what the live page counts and checks."""

    zones: dict[ClassName, ZoneSection] = Field(default_factory=dict)
    """Zones by name; drawn on the page with what is in them now."""
    lines: dict[ClassName, LineSection] = Field(default_factory=dict)
    """Lines by name; drawn on the page with what has crossed them."""
    check: dict[ClassName, KitSection] = Field(default_factory=dict)
    """Kits by name: sets of parts that shall be complete."""
    history: FilePath | None = None
    """Folder for the checks that are written down, `checks.csv` and `pictures/`; by default `checks` beside the recipe.
    As trusted as a script: asked about once (docs/background/security.md)."""
    webhook: Annotated[str, Field(pattern=r"^(https?://\S+)?$", max_length=2000)] = ""
    """Address that is told what appears, leaves and is checked.
    As trusted as a script: asked about once (docs/background/security.md)."""

    @model_validator(mode="after")
    def _check_zones(self) -> Self:
        for name, kit in self.check.items():
            if kit.zone and kit.zone not in self.zones:
                raise ValueError(
                    f"check.{name}.zone: {kit.zone!r} is none of the zones: {', '.join(self.zones) or 'there are none'}"
                )
        return self
