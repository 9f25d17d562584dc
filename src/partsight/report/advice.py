"""What to do next, from the figures: each advice names the figure that it rests on. Rules, not opinions."""

import math
from collections.abc import Iterator

import numpy as np

from partsight.report.content import ReportContent
from partsight.report.false_advice import advise_on_false
from partsight.structures.evaluation import Evaluation

FEW_SESSIONS = 5
CONFUSED_SHARE = 0.1
"""Share of a class's parts that are taken for one other class from which the pair is named."""
NAMING_GAP = 0.15
"""By how much finding may be better than naming before that is said."""
SLICE_GAP = 0.25
"""By how much recall of a slice may be below the mean before that is said."""
FEW_BOXES = 10
"""Parts below which nothing is said about a class or slice."""


def give_advice(content: ReportContent) -> tuple[str, ...]:
    """Return what should help most, at most six sentences; none where nothing was measured."""
    if not content.evaluation.overall.num_boxes:
        return ()
    return tuple(
        advice
        for rule in (
            _about_photos,
            _about_sessions,
            _about_names,
            advise_on_false,
            _about_slices,
            _about_causes,
            _about_classes,
        )
        for advice in rule(content)
    )[:6]


def _about_photos(content: ReportContent) -> Iterator[str]:
    if content.test_source == "render":
        yield (
            "Take photos of the real parts in two or three places, each a session of its own (`partsight photos add`), and keep one "
            "for the test: renders cannot show how well this works in your hall."
        )
    elif not content.num_train_photos:
        yield (
            "No photo was trained on. Five labeled photos per class from another session than the test's usually help more than "
            "thousands of further renders (`partsight photos label`, dataset.photos_per_class = 5)."
        )


def _about_sessions(content: ReportContent) -> Iterator[str]:
    evaluation = content.evaluation
    if content.test_source != "render" and evaluation.num_sessions < FEW_SESSIONS:
        sessions = f"{evaluation.num_sessions} session{'' if evaluation.num_sessions == 1 else 's'}"
        yield f"The figures rest on {sessions}. A few photos each from other places and days tell more than many from the same."


def _about_names(content: ReportContent) -> Iterator[str]:
    evaluation = content.evaluation
    gap = evaluation.class_agnostic_ap50 - evaluation.overall.ap50
    pair = _worst_pair(evaluation)
    if gap < NAMING_GAP or pair is None:
        return
    truth, taken_for, share = pair
    gap_in_words = f"AP50 {evaluation.class_agnostic_ap50:.2f} against {evaluation.overall.ap50:.2f}"
    yield (
        f"Parts are found better than named ({gap_in_words}): {share:.0%} of {truth} are taken for {taken_for}. `partsight check` "
        "shows from where the two differ; photos or renders from there, larger pictures (train.image_size), or one class for both."
    )


def _about_slices(content: ReportContent) -> Iterator[str]:
    recall = content.evaluation.overall.recall
    weak = [one for one in content.evaluation.slices if one.num_boxes >= FEW_BOXES and recall - one.recall > SLICE_GAP]
    remedies = {
        "size": "cover that size (randomize.camera.object_size) and train on crops (train.crop) or larger pictures (train.image_size)",
        "brightness": "widen randomize.light.exposure_ev towards it, and take photos in such light",
        "sharpness": "widen the blur of randomize.sensor, or take sharper pictures",
        "session": "see what is special there, and take training photos in such a place",
    }
    for one in sorted(weak, key=lambda one: one.recall)[:2]:
        yield (
            f"Weak spot: {one.group} “{one.name}”, where {one.recall:.0%} of {one.num_boxes} parts are found: {remedies[one.group]}."
        )


def _about_causes(content: ReportContent) -> Iterator[str]:
    remedies = {
        "size": "more renders of that size (randomize.camera.object_size), crops (train.crop) or larger pictures (train.image_size)",
        "hidden": "more pictures in which parts hide each other (randomize.scatter.parts_per_image)",
        "cut off": "more parts at the edge (randomize.camera.off_center)",
        "relief": "more variety of light (randomize.light)",
        "color distance": "more variety of backgrounds in the parts' own colors, so that shape is learned",
    }
    strong = [one for one in content.evaluation.causes if abs(one.recall_high - one.recall_low) > SLICE_GAP]
    for one in strong[:1]:
        if one.name in remedies and not one.interval.low <= 0 <= one.interval.high:
            ends = f"from {one.recall_low:.0%} to {one.recall_high:.0%} of the parts found"
            yield f"What counts most in renders is “{one.name}” ({ends} between its ends): {remedies[one.name]}."


def _about_classes(content: ReportContent) -> Iterator[str]:
    evaluation = content.evaluation
    scores = zip(evaluation.class_names, evaluation.per_class, strict=True)
    few = [name for name, score in scores if 0 < score.num_boxes < FEW_BOXES]
    none = [
        name for name, score in zip(evaluation.class_names, evaluation.per_class, strict=True) if not score.num_boxes
    ]
    if none:
        yield f"Nothing is known about {', '.join(none)}: no test picture shows {'it' if len(none) == 1 else 'them'}."
    if few:
        yield f"Fewer than {FEW_BOXES} test parts of {', '.join(few)}: their figures may change much with the next photos."


def _worst_pair(evaluation: Evaluation) -> tuple[str, str, float] | None:
    """Return the two classes of which the largest share is confused, if it is large enough."""
    counts = evaluation.confusion[:-1, :-1].astype(float)
    totals = evaluation.confusion[:-1].sum(axis=1)
    shares = np.where(totals[:, None] >= FEW_BOXES, counts / np.maximum(totals, 1)[:, None], 0.0)
    np.fill_diagonal(shares, 0.0)
    truth, taken_for = np.unravel_index(int(shares.argmax()), shares.shape)
    share = float(shares[truth, taken_for])
    if math.isnan(share) or share < CONFUSED_SHARE:
        return None
    return evaluation.class_names[truth], evaluation.class_names[taken_for], share
