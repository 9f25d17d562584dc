"""Settings of the real photographs: where they lie and which sessions serve which split."""

from typing import Literal

from partsight.config.section import Section
from partsight.config.values import Expression, FilePath, NumberOrNone, TextLine


class PhotosSection(Section):
    """Labeled photographs. Sessions are the unit of splitting; no session may serve two splits."""

    folder: FilePath | None = None
    """Folder with `images/`, `labels/` and `classes.txt` or `data.yaml` (YOLO), or with `coco.json`."""
    format: Literal["yolo", "coco"] = "yolo"
    """Format of the labels."""
    session_pattern: Expression = r"^(.*?)[^/]*$"
    """Regular expression on the picture's path below the folder; its groups, joined, name the session. Look-around and
    references to groups are not known: it takes no longer than the path is."""
    session_block: NumberOrNone = 0
    """Divides each session further into contiguous blocks of this many pictures in name order; 0 does not divide."""
    train: tuple[TextLine, ...] = ()
    """Sessions to train on: names or shell patterns."""
    validation: tuple[TextLine, ...] = ()
    """Sessions that choose checkpoint and threshold."""
    test: tuple[TextLine, ...] = ()
    """Sessions that only report."""
    background_folder: FilePath | None = None
    """Folder of photographs without any part, used as negatives."""
