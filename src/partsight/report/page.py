"""One self-contained HTML page: no script, no font, no picture is loaded from anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from partsight.config.sections.report import ReportSection
from partsight.files import write_json, write_text
from partsight.report import charts, false_words, figures
from partsight.report.advice import give_advice
from partsight.report.changes import describe_changes
from partsight.report.content import ReportContent, ReportPart, ReportPicture
from partsight.report.thumbnails import Encoding, Thumbnail, make_card_uri, make_thumbnail
from partsight.report.verdict import describe_training, write_verdict
from partsight.structures.evaluation import Evaluation
from partsight.structures.plain import as_plain

THUMBNAIL_PX = 320
"""Longer side of the pictures in the page."""
MAX_BYTES = 5_000_000
"""Pages above this size are encoded again with smaller pictures."""
_REDUCTIONS = ((1.0, 82), (1.0, 62), (0.75, 50), (0.5, 45))
"""Share of the asked size and JPEG quality, tried in turn."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A titled group of pictures."""

    title: str
    lead: str
    pictures: tuple[Thumbnail, ...]


def write_report(content: ReportContent, section: ReportSection, path: Path) -> Path:
    """Write the page and, beside it with the suffix .json, its figures; return the page's path.

    Pictures are made smaller until the page is below 5 MB, or as small as is still useful.
    Raises DatasetError for an unreadable picture, StorageError when nothing can be written.
    """
    page = ""
    for share, quality in _REDUCTIONS:
        page = _render(content, section, Encoding(max(64, round(THUMBNAIL_PX * share)), quality))
        if len(page.encode()) < MAX_BYTES:
            break
    write_json(path.with_suffix(".json"), report_as_json(content))
    write_text(path, page)
    return path


def report_as_json(content: ReportContent) -> dict[str, Any]:
    """Return the figures of the report as JSON-like values; NaN becomes null, pictures are left out."""
    names = (
        "title",
        "test_source",
        "num_train_renders",
        "num_train_photos",
        "num_train_backgrounds",
        "evaluation",
        "history",
    )
    tables: dict[str, Any] = {"dropped_labels": dict(content.dropped_labels), "provenance": dict(content.provenance)}
    plain = {name: getattr(content, name) for name in names}
    rest = {
        "verdict": write_verdict(content),
        "advice": give_advice(content),
        "changes": describe_changes(content),
        "timings": content.timings,
        "notes": content.notes,
    }
    result: dict[str, Any] = as_plain({"format": 1, **plain, **rest, **tables})
    return result


def _render(content: ReportContent, section: ReportSection, encoding: Encoding) -> str:
    environment = Environment(
        loader=PackageLoader("partsight.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    evaluation = content.evaluation
    return environment.get_template("page.html").render(
        content=content,
        verdict=write_verdict(content),
        changes=describe_changes(content),
        unknown=figures.describe_unknown(evaluation),
        opinion=figures.describe_opinion(evaluation),
        limits=figures.describe_limits(evaluation),
        chosen=false_words.describe_choice(evaluation),
        false_detections=false_words.describe_false(content),
        threshold_rows=false_words.threshold_rows(content),
        calibration=false_words.describe_calibration(evaluation),
        headline=figures.headline_cells(evaluation),
        class_rows=figures.class_rows(evaluation),
        confusion_rows=figures.confusion_rows(evaluation),
        slice_groups=figures.slice_groups(evaluation),
        cause_rows=figures.cause_rows(evaluation),
        num_cause_boxes=evaluation.causes[0].num_boxes if evaluation.causes else 0,
        timing_rows=figures.timing_rows(content.timings),
        result_charts=_result_charts(evaluation),
        advice=give_advice(content),
        learned_from=describe_training(content),
        training_charts=charts.training_charts(content.history),
        frame=charts,
        cards=_cards(content.parts, encoding),
        galleries=_galleries(content, section, encoding),
        renders=_thumbnails(content.renders, content, section, encoding),
    )


def _result_charts(evaluation: Evaluation) -> list[charts.Chart]:
    drawn = (
        charts.precision_recall_chart(evaluation),
        charts.f1_threshold_chart(evaluation),
        charts.calibration_chart(evaluation),
    )
    return [chart for chart in drawn if chart is not None]


def _cards(parts: Sequence[ReportPart], encoding: Encoding) -> list[tuple[ReportPart, str]]:
    return [(part, make_card_uri(part.picture_png, encoding)) for part in parts]


def _galleries(content: ReportContent, section: ReportSection, encoding: Encoding) -> list[_Sheet]:
    kinds = (
        ("Worst", "Most errors first.", content.worst),
        ("False detections", "The most confident detections where there is no part.", content.false_positives),
        ("Best", "Everything right, the surest first.", content.best),
    )
    sheets = [_Sheet(title, lead, _thumbnails(group, content, section, encoding)) for title, lead, group in kinds]
    return [sheet for sheet in sheets if sheet.pictures]


def _thumbnails(
    pictures: Sequence[ReportPicture], content: ReportContent, section: ReportSection, encoding: Encoding
) -> tuple[Thumbnail, ...]:
    names = content.evaluation.class_names
    return tuple(make_thumbnail(picture, names, encoding) for picture in pictures[: section.gallery])
