"""Model card and dataset card as Markdown (Mitchell et al. 2019, arXiv:1810.03993; Gebru et al. 2021, arXiv:1803.09010)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from partsight.files import write_text
from partsight.report.content import ReportContent
from partsight.report.false_words import describe_calibration, describe_choice, describe_false
from partsight.report.figures import describe_limits, describe_opinion, describe_unknown, number
from partsight.report.verdict import describe_training, write_verdict
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.evaluation import Evaluation, Interval, Score

MODEL_CARD, DATASET_CARD = "model_card.md", "dataset_card.md"
LICENSES = {
    "ultralytics": "AGPL-3.0: passing it on, or offering it as a service, brings that license's terms",
    "compact": "those of the pictures that it learned from and the weights that it began from, no others",
}


@dataclass(frozen=True, slots=True)
class TrainedFrom:
    """What the detector is, in words for the card."""

    family: str
    network: str
    start: str
    image_size: int
    """Longer side of the input for whole pictures as it was trained, in pixels."""
    crop: float = 1.0
    """Share of a photo's longer side that training pictures show."""


def write_cards(content: ReportContent, trained: TrainedFrom, splits: Splits, folder: Path) -> None:
    """Write both cards into a folder. Raises StorageError."""
    write_text(folder / MODEL_CARD, model_card(content, trained))
    write_text(folder / DATASET_CARD, dataset_card(content, splits))


def _input(trained: TrainedFrom, evaluation: Evaluation) -> str:
    size = evaluation.image_size or trained.image_size
    other = f", trained for {trained.image_size} px" if size != trained.image_size else ""
    on_crops = f", trained on crops {trained.crop:.0%} as long as a photo" if trained.crop < 1 else ""
    return f"input {size} px{other}{on_crops}"


def model_card(content: ReportContent, trained: TrainedFrom) -> str:
    """Return the card of the detector: what it is, what it can do, on what evidence, and what it must not be used for."""
    evaluation = content.evaluation
    terms = LICENSES.get(trained.family, "see the library that trained it")
    return _joined(
        f"# Model card: {content.title}",
        write_verdict(content),
        "## Model",
        _table(
            {
                "Task": f"Boxes{_and_masks(evaluation)} and names of parts in a picture",
                "Classes": ", ".join(evaluation.class_names),
                "Network": f"{trained.network} ({trained.family}), {_input(trained, evaluation)}",
                "Began from": trained.start,
                "Learned from": describe_training(content),
                "Score threshold": f"{describe_limits(evaluation)}, {describe_choice(evaluation)}",
                "License of the weights": terms,
            }
        ),
        "## Evidence",
        f"{evaluation.num_images} {content.test_source} pictures of {evaluation.num_sessions} sessions, "
        f"{evaluation.num_empty_images} of them without parts; none was used for training or for choosing anything"
        + (
            "."
            if evaluation.threshold_source != "test"
            else ", except the score threshold: the figures are optimistic."
        ),
        _figures_of_classes(evaluation),
        *_mask_figures(evaluation),
        f"False alarms per picture without parts: {number(evaluation.false_positives_per_empty_image)}. "
        f"All classes taken for one: AP50 {number(evaluation.class_agnostic_ap50)}.",
        describe_false(content),
        describe_calibration(evaluation),
        describe_opinion(evaluation),
        "## Limits",
        "It knows the classes above and nothing else: other objects may be taken for them. "
        + f"{describe_unknown(evaluation)} It holds for pictures like ".lstrip()
        + "those it was tested on. Not for safety functions: a missed part is always possible.",
        *(f"- {sentence}" for sentence in content.notes),
        "## Provenance",
        _table(dict(content.provenance)),
    )


def _and_masks(evaluation: Evaluation) -> str:
    return "" if evaluation.masks is None else ", pixels"


def _mask_figures(evaluation: Evaluation) -> tuple[str, ...]:
    if evaluation.masks is None:
        return ()
    overall, num_images = evaluation.masks.overall, evaluation.masks.num_images
    told = f"on the {num_images} pictures that tell the pixels of every part"
    return (f"Masks: mAP50 {number(overall.ap50)}, mAP50-95 {number(overall.ap50_95)}, {told}.",)


def _figures_of_classes(evaluation: Evaluation) -> str:
    rows = [
        _score_row(name, score, evaluation.intervals.get(f"ap50:{name}"))
        for name, score in zip(evaluation.class_names, evaluation.per_class, strict=True)
    ]
    mean = _score_row("**mean**", evaluation.overall, evaluation.intervals.get("map50"))
    header = ["class | n | precision | recall | F1 | AP50 | 95 %", "--- | --- | --- | --- | --- | --- | ---"]
    return _lines([*header, *rows, mean])


def dataset_card(content: ReportContent, splits: Splits) -> str:
    """Return the card of the dataset: where its pictures come from, how they are split and labeled."""
    header = [
        "split | pictures | renders | photos | without parts | sessions | " + " | ".join(splits.train.class_names)
    ]
    header.append(" | ".join(["---"] * (6 + len(splits.train.class_names))))
    named = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    dropped = [f"{count} labels left out: {reason}." for reason, count in content.dropped_labels]
    return _joined(
        f"# Dataset card: {content.title}",
        "Renders are made from CAD; their labels come from casting rays at what was drawn. Photos are labeled by people.",
        "## Splits",
        _lines([*header, *(_split_row(name, dataset) for name, dataset in named.items())]),
        "Pictures of train are those that were shown; numbers under the classes are labeled parts. No session is in two "
        "splits. Validation chooses checkpoint and threshold; the test set only reports.",
        *dropped,
        "## Reproduction",
        "The same recipe, seed and files give the same renders, on any number of workers, with the renderer named below.",
        _table(dict(content.provenance)),
        "## Recipe",
        f"```json\n{content.recipe}\n```" if content.recipe else "",
    )


def _score_row(name: str, score: Score, interval: Interval | None) -> str:
    ends = "–" if interval is None else f"{number(interval.low)} to {number(interval.high)}"
    figures = (number(value) for value in (score.precision, score.recall, score.f1, score.ap50))
    return " | ".join([name, str(score.num_boxes), *figures, ends])


def _split_row(name: str, dataset: Dataset) -> str:
    samples = dataset.samples
    sources = Counter(sample.source for sample in samples)
    empty = sum(not len(sample.class_ids) for sample in samples)
    boxes = Counter(class_id for sample in samples for class_id in sample.class_ids.tolist())
    counts = (len(samples), sources["render"], sources["photo"], empty, len({sample.session for sample in samples}))
    per_class = (boxes[class_id] for class_id in range(len(dataset.class_names)))
    return " | ".join([name, *map(str, counts), *map(str, per_class)])


def _table(rows: Mapping[str, str]) -> str:
    return _lines([" | ", "--- | ---", *(f"{name} | {value}" for name, value in rows.items())])


def _lines(rows: Sequence[str]) -> str:
    return "\n".join(f"| {row} |" for row in rows)


def _joined(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n"
