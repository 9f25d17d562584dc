"""How many missing and wrong labels `photos check --detector` finds, and how many of its findings are true.

python benchmarks/label_doubts.py PROJECT [--pictures 200] [--share 0.1] [--threads 2]

PROJECT is the folder of a finished run, such as that of `partsight demo`. Fresh renders of another seed stand for
photos: their labels are exact, so every error in them is one that this program planted.
"""

import argparse
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from partsight import open_experiment
from partsight.detector.detector import open_family
from partsight.evaluate.breakdown.disagreement import APART_IOU, find_disagreements
from partsight.evaluate.detecting import detect_samples
from partsight.evaluate.matching import match
from partsight.structures.boxes import FOUND_IOU, pairwise_iou
from partsight.structures.dataset import Dataset

MISSING, WRONG = "likely missed label", "likely wrong class"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument(
        "--share", type=float, default=0.1, help="of the labels that are taken out, and that are changed"
    )
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    recipe = given.project / "recipe.toml"
    trained = open_experiment(recipe)
    fresh = open_experiment(recipe, [f"seed={trained.recipe.seed + 1000}", f"render.count={given.pictures}"])
    samples = fresh.render().dataset.samples
    detector = open_family(trained.train().checkpoint.family).load(trained.train().checkpoint, given.threads)
    found = detect_samples(detector, samples, trained.recipe.evaluate, lambda _done, _total: None)
    rng = random.Random(0)
    counts = Counter()
    for sample, detections in zip(samples, found, strict=True):
        planted, errors = plant(sample, given.share, len(trained.recipe.class_names), rng)
        count(counts, Dataset(trained.recipe.class_names, (planted,)), errors, detections)
    show(counts, len(samples))


def plant(sample, share, num_classes, rng):
    """Return the sample with errors, and the errors as (kind, box)."""
    kept, classes, errors = [], sample.class_ids.copy(), []
    for index, box in enumerate(sample.boxes_xyxy):
        draw = rng.random()
        if draw < share:
            errors.append((MISSING, box))
            continue
        if draw < 2 * share:
            errors.append((WRONG, box))
            classes[index] = (classes[index] + rng.randrange(1, num_classes)) % num_classes
        kept.append(index)
    return replace(sample, class_ids=classes[kept], boxes_xyxy=sample.boxes_xyxy[kept]), errors


def count(counts, dataset, errors, detections):
    (sample,) = dataset.samples
    counts["labels"] += len(sample.class_ids) + sum(kind == MISSING for kind, _ in errors)
    for kind, _ in errors:
        counts["planted", kind] += 1
    (told,) = find_disagreements(match(dataset, [detections]))
    for kind, box in errors:
        counts["found", kind] += any(one.kind == kind and overlap(one.box_xyxy, box) >= FOUND_IOU for one in told)
    for one in told:
        counts["told", one.kind] += 1
        counts["true", one.kind] += any(
            one.kind == kind and overlap(one.box_xyxy, box) > APART_IOU for kind, box in errors
        )


def overlap(first, second):
    return float(pairwise_iou(np.array([first], dtype=np.float64), np.array([second], dtype=np.float64))[0, 0])


def show(counts, num_pictures):
    print(f"{num_pictures} pictures, {counts['labels']} labels before the errors were planted")
    print("| error | planted | found | told | of those true |")
    print("|---|---|---|---|---|")
    for kind in (MISSING, WRONG):
        planted, found, told, true = (counts[what, kind] for what in ("planted", "found", "told", "true"))
        print(f"| {kind} | {planted} | {found} ({share(found, planted)}) | {told} | {true} ({share(true, told)}) |")


def share(part, whole):
    return f"{100 * part / whole:.0f} %" if whole else "–"


if __name__ == "__main__":
    main()
