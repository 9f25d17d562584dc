"""What helps against false detections, from what they are; the remedy with most of them first."""

from collections.abc import Iterator

from partsight.report.content import ReportContent
from partsight.report.false_words import count_false, counted, describe_choice, rate_of
from partsight.report.figures import number, percent, recall_at
from partsight.structures.evaluation import Evaluation, FalseDetections, OtherThreshold

FALSE_ALARMS = 0.05
"""False detections per empty picture above which further pictures without parts are worth taking."""
RECALL_PAID = 0.2
"""Recall lost to a threshold raised above the best F1 from which that is said."""
MUCH_RECALL = 0.9
"""Share of the recall that another threshold has to leave to be worth naming."""
MANY = 10
"""Detections of a kind below which nothing is said about it."""
STANDS_OUT = 1.5
"""How many times as many as by chance lie at the picture's edge, that it is said to stand out."""
MANY_SHARE = 0.2
"""Share of the false detections from which duplicates and loose boxes are worth a sentence, and half of them a session."""


def advise_on_false(content: ReportContent) -> Iterator[str]:
    """Yield what to do about false detections: places first, then the threshold, then what their kinds say."""
    yield from _about_places(content)
    yield from _about_threshold(content)
    if content.evaluation.false_detections is not None:
        yield from _about_kinds(content.evaluation.false_detections)


def _about_places(content: ReportContent) -> Iterator[str]:
    evaluation = content.evaluation
    num_false, on_empty = count_false(evaluation), evaluation.false_positives_per_empty_image
    if num_false and not content.num_train_backgrounds:
        yield (
            f"{counted(num_false, 'false detection')} ({rate_of(content)}), and no place without parts to learn from: film or "
            "photograph the place where it will work, without the parts (`partsight photos add --places walk.mp4`). Twenty such "
            "pictures are a start, no labels are needed, and they are the best remedy."
        )
    elif on_empty > FALSE_ALARMS:
        yield (
            f"{on_empty:.2g} false alarms per picture without parts: add places like those (`partsight photos add --places`); what "
            "was taken for a part there is shown in the gallery."
        )


def _about_threshold(content: ReportContent) -> Iterator[str]:
    evaluation, choice = content.evaluation, content.evaluation.choice
    is_judged_by_renders = choice is not None and choice.num_renders > 0 and not choice.num_photos
    better = _worthwhile(evaluation)
    if content.test_source != "render" and is_judged_by_renders and better is not None:
        yield (
            f"The threshold was {describe_choice(evaluation)}, no photo of parts among them. Let one session of photos choose it "
            f"(photos.validation), or state it: a score of {better.threshold:.2f} leaves {better.num_false} of "
            f"{count_false(evaluation)} false detections, with precision {number(better.precision)} and recall "
            f"{number(better.recall)} (evaluate.operate_at = {better.threshold:.2f})."
        )
    best = evaluation.best_f1_threshold
    if best is None or (at_best := recall_at(evaluation, best)) - evaluation.overall.recall <= RECALL_PAID:
        return
    yield (
        f"Few false alarms cost much recall here: {evaluation.overall.recall:.0%} of the parts are found, {at_best:.0%} at the "
        "threshold with the best F1. More places to learn from (`partsight photos add --places`) bring much of it back; or allow "
        'more (evaluate.operate_at = "best_f1").'
    )


def _worthwhile(evaluation: Evaluation) -> OtherThreshold | None:
    """Return the highest of the thresholds that were tried that leaves most of the recall."""
    least = MUCH_RECALL * evaluation.overall.recall
    kept = [one for one in evaluation.other_thresholds if one.recall >= least and one.threshold > evaluation.threshold]
    return kept[-1] if kept else None


def _about_kinds(found: FalseDetections) -> Iterator[str]:
    if found.num_at_edge >= MANY and found.num_at_edge > STANDS_OUT * found.num_at_edge_by_chance:
        yield (
            f"{found.num_at_edge} of {found.num_background} false detections on background lie at the picture's edge "
            f"({found.num_at_edge_by_chance:.0f} would by chance), but {percent(found.share_of_parts_at_edge)} of the parts: teach "
            "fewer parts that are cut off (annotate.max_cut_off = 0.3, a smaller randomize.camera.off_center)."
        )
    if found.num_in_worst_session >= MANY and 2 * found.num_in_worst_session >= found.total:
        yield (
            f"{found.num_in_worst_session} of {found.total} false detections come from session {found.worst_session}: often one thing "
            "that is seen again and again. See the gallery, and photograph that thing as a place without parts."
        )
    twice = found.num_duplicates + found.num_loose
    if twice >= MANY and twice >= MANY_SHARE * found.total:
        yield (
            f"{found.num_duplicates} parts are reported twice and {found.num_loose} framed too loosely: boxes come closer with longer "
            "training (train.epochs), larger pictures (train.image_size) and, where photos teach, tightly drawn labels."
        )
