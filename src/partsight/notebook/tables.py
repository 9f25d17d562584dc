"""Nouns as pandas tables (extra [pandas])."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from partsight.notebook.drawings import names_of
from partsight.notebook.extras import need
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.evaluation import Evaluation
from partsight.structures.labeled_instance import LabeledInstance
from partsight.structures.sample import Sample

_SIDES = ("left", "top", "right", "bottom")
_SAMPLE_COLUMNS = ("sample_id", "source", "session", "image_path", "width", "height")
_INSTANCE_COLUMNS = ("class", *_SIDES, "visible_fraction", "truncated_fraction", "hidden_by")


def dataset_table(dataset: Dataset) -> Any:
    """Return a pandas.DataFrame: a row for each labeled part, and one without class for each picture that shows none."""
    pandas = need("pandas", "Dataset.to_pandas()")
    rows = [row for sample in dataset for row in _sample_rows(sample)]
    return pandas.DataFrame(rows, columns=[*_SAMPLE_COLUMNS, *_INSTANCE_COLUMNS])


def detections_table(detections: Detections, class_names: Sequence[str] = ()) -> Any:
    """Return a pandas.DataFrame with class, score and the four sides of each box."""
    names = names_of(detections.class_ids, class_names) if class_names else detections.class_ids.tolist()
    columns = {"class": names, "score": detections.scores}
    sides = dict(zip(_SIDES, detections.boxes_xyxy.T, strict=True))
    return need("pandas", "Detections.to_pandas()").DataFrame({**columns, **sides})


def evaluation_table(evaluation: Evaluation) -> Any:
    """Return a pandas.DataFrame of figures by class, 'all' last; intervals of figures that have one in `…_low` and `…_high`."""
    scores = zip(evaluation.class_names, evaluation.per_class, strict=True)
    rows = [{**asdict(score), **_ends(evaluation, f":{name}")} for name, score in scores]
    rows.append({**asdict(evaluation.overall), **_ends(evaluation, "")})
    index = [*evaluation.class_names, "all"]
    return need("pandas", "Evaluation.to_pandas()").DataFrame(rows, index=index).rename_axis("class")


def _sample_rows(sample: Sample) -> list[Mapping[str, Any]]:
    shared = (sample.sample_id, sample.source, sample.session, str(sample.image_path), *sample.size_wh)
    of_sample = dict(zip(_SAMPLE_COLUMNS, shared, strict=True))
    return [{**of_sample, **_instance_cells(one)} for one in sample.instances] or [of_sample]


def _instance_cells(instance: LabeledInstance) -> Mapping[str, Any]:
    hiding = None if instance.hidden_by is None else ", ".join(one.name for one in instance.hidden_by)
    visibility = (instance.visible_fraction, instance.truncated_fraction, hiding)
    cells = (instance.class_name, *instance.box_xyxy.tolist(), *visibility)
    return dict(zip(_INSTANCE_COLUMNS, cells, strict=True))


def _ends(evaluation: Evaluation, suffix: str) -> Mapping[str, float]:
    """Return the ends of the intervals of a class (their names end in ':class'), or of all; there AP50 is called mAP50."""
    ends: dict[str, float] = {}
    for figure in ("precision", "recall", "f1", "ap50"):
        of_all = "map50" if figure == "ap50" else figure
        interval = evaluation.intervals.get(f"{figure}{suffix}" if suffix else of_all)
        if interval is not None:
            ends |= {f"{figure}_low": interval.low, f"{figure}_high": interval.high}
    return ends
