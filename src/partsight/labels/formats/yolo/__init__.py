"""YOLO layout: pictures in `images/`, a text file of labels for each in `labels/`, class names in one more file."""

from partsight.labels.formats.yolo.writing import write_yolo

__all__ = ["write_yolo"]
