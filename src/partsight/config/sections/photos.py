"""Settings of the real photographs: where they lie and which sessions serve which split."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from partsight.config.section import FilePath, Section


class PhotosSection(Section):
    """Labeled photographs. Sessions are the unit of splitting; no session may serve two splits."""

    folder: FilePath | None = None
    """Folder with `images/`, `labels/` and `classes.txt` or `data.yaml` (YOLO), or with `coco.json`."""
    format: Literal["yolo", "coco"] = "yolo"
    """Format of the labels."""
    session_pattern: str = r"^(.*?)[^/]*$"
    """Regular expression on the picture's path below the folder; its groups, joined, name the session."""
    session_block: Annotated[int, Field(ge=0)] = 0
    """Divides each session further into contiguous blocks of this many pictures in name order; 0 does not divide."""
    train: tuple[str, ...] = ()
    """Sessions to train on: names or shell patterns."""
    validation: tuple[str, ...] = ()
    """Sessions that choose checkpoint and threshold."""
    test: tuple[str, ...] = ()
    """Sessions that only report."""
    background_folder: FilePath | None = None
    """Folder of photographs without any part, used as negatives."""

    @field_validator("session_pattern")
    @classmethod
    def check_pattern(cls, pattern: str) -> str:
        """Refuse what is no regular expression or has no group."""
        try:
            num_groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        if num_groups == 0:
            raise ValueError("needs a group in parentheses: what it matches names the session")
        return pattern
