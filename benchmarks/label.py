"""How long a person needs to label photos with and without proposals, by counting what the hand must do on the labeling page.

python benchmarks/label.py RECIPE [TRAINED …] [--carried] [--satisfied 0.8]

RECIPE names photos with true labels; its validation photos, which no detector learned from, are labeled again here. TRAINED is a
folder runs/train/KEY: a detector that proposes boxes as the page does. With --carried the boxes of the photo before in the session are
proposed, as the page does without a detector. Nobody labels: actions are counted on the cheapest way from proposals to true labels
and turned into time by the keystroke-level model (Card, Moran & Newell, CACM 23(7), 1980): key 0.28 s, pointing 1.1 s, button 0.1 s,
thought 1.35 s. A person draws slower or faster; the ratio is what counts. A box is good enough from an overlap of --satisfied on.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from partsight.config.loading import read_recipe
from partsight.dataset.photos import read_photos
from partsight.dataset.splits import split_photos
from partsight.detector.detector import Checkpoint, open_family
from partsight.photos.carrying import carry_box
from partsight.pictures import read_picture
from partsight.pipeline.photos.proposals import MAX_DETECTIONS, MIN_SCORE
from partsight.pipeline.running.workspace import read_manifest
from partsight.pipeline.stages.train.stage import TrainManifest
from partsight.structures.boxes import FOUND_IOU, pair_boxes, pairwise_iou
from partsight.structures.detections import Detections

KEY_S, POINT_S, BUTTON_S, THOUGHT_S = 0.28, 1.1, 0.1, 1.35
ACTIONS = {  # seconds each
    "look at a photo": THOUGHT_S,
    "look at a proposal": THOUGHT_S,
    "find a part": THOUGHT_S,
    "draw a box": 2 * (POINT_S + BUTTON_S),
    "class key": KEY_S,
    "select": POINT_S + 2 * BUTTON_S,
    "tab key": KEY_S,
    "delete key": KEY_S,
    "accept key": KEY_S,
    "done key": KEY_S,
}
MOST_TABS = 4
"""From there on pointing is quicker than Tab."""
NONE = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))
COLUMNS = (
    "photos", "proposals by", "boxes", "proposed", "good enough", "drawn over", "drawn anew", "deleted", "actions",
    "actions for 100 boxes", "minutes for 100 boxes",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("trained", type=Path, nargs="*")
    parser.add_argument("--carried", action="store_true")
    parser.add_argument("--satisfied", type=float, default=0.8)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    recipe = read_recipe(given.recipe)
    splits = split_photos(read_photos(recipe.photos, recipe.class_names), recipe.photos)
    print(f"| {' | '.join(COLUMNS)} |")
    print("|" + "---|" * len(COLUMNS))
    samples = splits.validation.samples
    show("nobody", samples, draw_all(samples))
    if given.carried:
        show("the photo before", samples, correct_all(samples, carry(samples), given.satisfied))
    for folder in given.trained:
        show(folder.name, samples, correct_all(samples, propose(folder, samples, given.threads), given.satisfied))


def draw_all(samples):
    """Count actions when every box is drawn; the class key is pressed where the class changes."""
    counts, held = Counter(), None
    for sample in samples:
        counts += Counter({"look at a photo": 1, "done key": 1})
        for class_id in sample.class_ids.tolist():
            counts += drawing(class_id != held)
            held = class_id
    return counts


def drawing(is_other_class):
    return Counter({"find a part": 1, "draw a box": 1, "class key": int(is_other_class)})


def correct_all(samples, proposals, satisfied):
    """Count actions when proposals are mended and accepted, and only what is missing is drawn.

    G accepts and is done; it is pressed in place of D. What is to be deleted or renamed is reached by Tab, the least sure one first,
    or by the pointer where that is quicker.
    """
    counts, held = Counter(), None
    for sample, found in zip(samples, proposals, strict=True):
        counts += Counter({"look at a photo": 1, "done key": 1, "look at a proposal": len(found.scores)})
        # Each useful proposal and the label it speaks of, the best overlaps first.
        matched = dict(pair_boxes(found.boxes_xyxy, sample.boxes_xyxy, FOUND_IOU).tolist())
        passed = 0
        for index in np.argsort(found.scores, kind="stable").tolist():
            done = mending(sample, found, index, matched.get(index), satisfied)
            passed = 0 if done["reach"] or done["draw a box"] else passed + 1
            counts += done + reaching(done["reach"], passed)
        for number, class_id in enumerate(sample.class_ids.tolist()):
            if number not in matched.values():
                counts += drawing(class_id != held)
                held = class_id
    return counts


def reaching(is_reached, passed):
    if not is_reached:
        return Counter()
    return Counter({"tab key": passed + 1} if passed < MOST_TABS else {"select": 1})


def mending(sample, found, index, label, satisfied):
    """Return what the hand does with one proposal."""
    if label is None:
        return Counter({"reach": 1, "delete key": 1, "proposal deleted": 1})
    overlap = pairwise_iou(found.boxes_xyxy[[index]], sample.boxes_xyxy[[label]])[0, 0]
    is_good = overlap >= satisfied
    is_named = found.class_ids[index] == sample.class_ids[label]
    if is_good:
        return Counter({"good enough": 1} if is_named else {"reach": 1, "class key": 1})
    return Counter({"draw a box": 1, "proposal drawn over": 1, "class key": int(not is_named)})


def carry(samples):
    """Propose for each photo the boxes of the one before in its session, which was labeled truly, where they are found again."""
    found, before = [], None
    for sample in samples:
        is_next = before is not None and (before.session, before.size_wh) == (sample.session, sample.size_wh)
        found.append(carried(before, sample) if is_next and len(before.class_ids) else NONE)
        before = sample
    return found


def carried(before, sample):
    pictures = [read_picture(one.image_path) for one in (before, sample)]
    kept = []
    for box, class_id in zip(before.boxes_xyxy.tolist(), before.class_ids.tolist(), strict=True):
        one = carry_box(*pictures, tuple(box))
        kept += [] if one is None else [(one.box_xyxy, one.score, class_id)]
    if not kept:
        return NONE
    boxes, scores, class_ids = zip(*kept, strict=True)
    return Detections(np.array(boxes), np.array(scores), np.array(class_ids))


def propose(folder, samples, threads):
    manifest = read_manifest(folder, TrainManifest)
    checkpoint = Checkpoint(folder / manifest.checkpoint, manifest.family, manifest.class_names)
    detector = open_family(checkpoint.family).load(checkpoint, threads)
    return [detector.detect([read_picture(sample.image_path)], MIN_SCORE, MAX_DETECTIONS)[0] for sample in samples]


def show(name, samples, counts):
    num_boxes = sum(len(sample.class_ids) for sample in samples)
    seconds = sum(ACTIONS[action] * number for action, number in counts.items() if action in ACTIONS)
    hands = sum(number for action, number in counts.items() if action in ACTIONS and ACTIONS[action] != THOUGHT_S)
    over = counts["proposal drawn over"]
    columns = (
        len(samples), name, num_boxes, counts["look at a proposal"], counts["good enough"], over, counts["draw a box"] - over,
        counts["proposal deleted"], hands,
        round(100 * hands / num_boxes), f"{seconds / 60 * 100 / num_boxes:.1f}",
    )  # fmt: skip
    print("| " + " | ".join(map(str, columns)) + " |")


if __name__ == "__main__":
    main()
