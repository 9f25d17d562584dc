"""What label files say, picture by picture, before it is judged: shapes as they were drawn, class names as they were written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from partsight.labels.export_folder import ExportFolder
from partsight.labels.shapes import DrawnShape, no_box
from partsight.structures.names import one_line

NAMELESS = "(no name)"
"""Class of what was drawn without one; nothing is imported under it unless it is mapped."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing drawn on a picture."""

    shape: DrawnShape
    class_name: str
    where: str
    """File, line or number, for messages."""
    fault: str = ""
    """Why it cannot be used as it stands in the file; empty when it can."""


@dataclass(frozen=True, slots=True)
class PictureEntry:
    """What one label file says of one picture."""

    name: str
    """As the tool calls it, for messages and for the name it gets."""
    path: Path | None
    """None when there is no such picture."""
    marks: tuple[Mark, ...] = ()
    stated_wh: tuple[int, int] | None = None
    """Its size as the file states it."""
    is_said_empty: bool = False
    """Whether somebody said that nothing is to be seen, which is more than that nothing was drawn."""
    flaw: str = ""
    """Why the whole picture stays out; empty when it does not."""
    is_fault: bool = True
    """Whether the flaw is a fault of the export; a picture that nobody has annotated yet is none."""
    near: Path | None = None
    """The label file, where it called the picture by name: of several that mean one picture the nearest is taken."""
    sample_id: str = ""
    """Its id in a dataset of ours; empty in those of other tools."""


@dataclass(slots=True)
class Findings:
    """What a reader found in an export."""

    export: ExportFolder
    entries: list[PictureEntry] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    class_names: list[str] = field(default_factory=list)
    """Classes that the tool knows, used or not."""

    def add_class_names(self, names: Iterable[object]) -> None:
        """Add classes that are not known yet."""
        known = set(self.class_names)
        self.class_names += [name for name in dict.fromkeys(map(plain_name, names)) if name not in known]

    @property
    def num_boxes(self) -> int:
        """How many things were drawn."""
        return sum(len(entry.marks) for entry in self.entries)


def plain_name(name: object) -> str:
    """Return a class name in one line, numbers as they are written; what is neither, or empty, is nameless."""
    if isinstance(name, bool) or not isinstance(name, str | int | float):
        return NAMELESS
    return one_line(str(name)) or NAMELESS


def bad_mark(where: str, fault: str, class_name: str = NAMELESS) -> Mark:
    """Return something in a label file that cannot be read."""
    return Mark(no_box("label", fault), class_name, where, fault)
