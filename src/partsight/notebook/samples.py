"""Samples and datasets as a notebook shows them."""

from collections import Counter

import numpy as np

from partsight.notebook.drawings import draw_sample
from partsight.notebook.markup import beside, figure, frame, note, table
from partsight.structures.dataset import Dataset
from partsight.structures.labeled_instance import LabeledInstance
from partsight.structures.sample import Sample

_SAMPLE_PX = 520
_THUMBNAIL_PX = 180
_MOST_THUMBNAILS = 8
_MOST_ROWS = 20


def show_sample(sample: Sample) -> str:
    """Return the picture with its boxes, and a line for each part."""
    width, height = sample.size_wh
    facts = f"{width} × {height} px, {sample.source}, session {sample.session}"
    missing = "" if sample.image_path.is_file() else note(f"no picture at {sample.image_path}")
    blocks = [figure(draw_sample(sample, _SAMPLE_PX)), _instances_table(sample)]
    return frame(sample.sample_id, facts, missing, beside(blocks))


def show_dataset(dataset: Dataset) -> str:
    """Return how many parts of each class there are, and some pictures, evenly spread."""
    sources = Counter(sample.source for sample in dataset)
    num_parts = sum(len(sample.class_ids) for sample in dataset)
    num_empty = sum(not len(sample.class_ids) for sample in dataset)
    given = ", ".join(f"{count} {source}{'s' if count != 1 else ''}" for source, count in sorted(sources.items()))
    facts = f"{len(dataset)} samples{f' ({given})' if given else ''}, {num_parts} labeled parts, {num_empty} samples without any"
    return frame("Dataset", facts, _counts_table(dataset), beside(_thumbnail(one) for one in _spread(dataset)))


def _instances_table(sample: Sample) -> str:
    if not len(sample.class_ids):
        return note("none of the classes is to be seen")
    instances = sample.instances
    head = ("class", "box", "visible", "hidden by") if sample.label_path is not None else ("class", "box")
    more = note(f"and {len(instances) - _MOST_ROWS} more") if len(instances) > _MOST_ROWS else ""
    return f"<div>{table(head, (_instance_row(one) for one in instances[:_MOST_ROWS]))}{more}</div>"


def _instance_row(instance: LabeledInstance) -> list[str]:
    box = "{:.0f}, {:.0f}, {:.0f}, {:.0f}".format(*instance.box_xyxy)
    row = [instance.class_name, box]
    if instance.visible_fraction is not None and instance.hidden_by is not None:
        hiding = ", ".join(f"{one.name} {one.fraction:.0%}" for one in instance.hidden_by if one.fraction >= 0.005)
        row += [f"{instance.visible_fraction:.0%}", hiding or "–"]
    return row


def _counts_table(dataset: Dataset) -> str:
    parts: Counter[int] = Counter()
    pictures: Counter[int] = Counter()
    for sample in dataset:
        parts.update(sample.class_ids.tolist())
        pictures.update(set(sample.class_ids.tolist()))
    numbered = enumerate(dataset.class_names)
    return table(("class", "parts", "pictures"), ((name, f"{parts[k]}", f"{pictures[k]}") for k, name in numbered))


def _spread(dataset: Dataset) -> list[Sample]:
    """Return at most so many samples from begin to end; those with parts where there are enough."""
    labeled = [sample for sample in dataset if len(sample.class_ids)] or list(dataset)
    places = np.linspace(0, len(labeled) - 1, min(len(labeled), _MOST_THUMBNAILS)).round().astype(int)
    return [labeled[place] for place in places.tolist()]


def _thumbnail(sample: Sample) -> str:
    return figure(draw_sample(sample, _THUMBNAIL_PX), sample.sample_id)
