"""Settings of the real photographs: where they lie and which sessions serve which split."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator

from partsight.config.section import Section
from partsight.config.values import Expression, FilePath, NumberOrNone, TextLine


def _as_several(folders: Any) -> Any:
    """Return one folder as a list of one."""
    if folders is None or folders == "":
        return ()
    return (folders,) if isinstance(folders, str | Path) else folders


PlaceFolders: TypeAlias = Annotated[tuple[FilePath, ...], BeforeValidator(_as_several)]
"""One folder or several."""


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
    places: PlaceFolders = ()
    """Folder (or several) with photographs of the place without the parts, as `partsight photos add --places` makes it; subfolders are
    sessions. They lie behind and below the parts of renders, teach detector and verifier what is no part, and show how often there are
    false alarms. From 20 pictures on some sessions choose the threshold, from 40 on some report; named as `places/hall*` in `train`,
    `validation` or `test`, sessions serve those instead, and all others teach."""
