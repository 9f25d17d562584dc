"""Exported networks against their checkpoint: boxes on real pictures, and time for one 1920 × 1080 picture.

python benchmarks/deploy.py --weights yolov8n.pt --pictures FOLDER [--count 20] [--runs 15]
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from partsight.config.sections.train import TrainSection
from partsight.deploy.exported_detector import ExportedDetector
from partsight.deploy.openvino_export import write_openvino
from partsight.deploy.parity import ParityRun, measure_parity
from partsight.deploy.runtimes import is_installed, open_runtime
from partsight.detector.detector import Checkpoint, open_family
from partsight.detector.devices import num_free_cores
from partsight.detector.families.ultralytics.weights import build_network, load_start, write_model
from partsight.detector.letterbox import resize
from partsight.pictures import list_pictures, read_picture

CLASSES = tuple(f"class {number}" for number in range(80))
SIZES = (640, 416)
FLOOR = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--model", default="yolov8n")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--runs", type=int, default=15)
    given = parser.parse_args()
    pictures = list_pictures(given.pictures)
    pictures = pictures[:: max(1, len(pictures) // given.count)][: given.count]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        checkpoint = make_checkpoint(given.model, given.weights, folder / "checkpoint")
        family = open_family("ultralytics")
        exported = family.export(checkpoint, "onnx", folder)
        networks = {"onnx": exported.path}
        if is_installed("openvino"):
            networks["openvino"] = write_openvino(exported.path, folder / "openvino")
        compare(family, checkpoint, exported.spec, networks, [read_picture(path) for path in pictures])
        image = resize(read_picture(pictures[0]), (1920, 1080))
        for threads in sorted({1, num_free_cores()}):
            show_time("checkpoint", threads, SIZES[0], family.load(checkpoint, threads), image, given.runs)
            for name, path in networks.items():
                for size in SIZES:
                    spec = replace(exported.spec, image_size=size)
                    detector = ExportedDetector(CLASSES, spec, open_runtime(name, path, threads).infer)
                    show_time(name, threads, size, detector, image, given.runs)


def make_checkpoint(model, weights, folder):
    network = build_network(model, len(CLASSES))
    load_start(network, TrainSection(model=model, weights=weights))
    write_model(folder, network, {"model": model, "class_names": list(CLASSES), "image_size": SIZES[0]})
    return Checkpoint(folder, "ultralytics", CLASSES)


def compare(family, checkpoint, spec, networks, images):
    reference = family.load(checkpoint, 1)
    expected = [found for image in images for found in reference.detect([image], FLOOR / 2, 100)]
    for name, path in networks.items():
        detector = ExportedDetector(CLASSES, spec, open_runtime(name, path, 1).infer)
        found = detector.detect(images, FLOOR / 2, 100)
        parity = measure_parity(ParityRun(name, expected, found, "given"), FLOOR)
        print(
            f"{name}: {len(images)} pictures, {parity.num_boxes} boxes above {parity.floor:.3f}, {parity.num_unmatched} alone"
        )
        print(
            f"  overlap at least {parity.least_iou:.6f}, scores differ by {parity.largest_score_difference:.1e} at most"
        )


def show_time(name, threads, size, detector, image, num_runs):
    for _ in range(3):
        detector.detect([image], 0.25, 100)
    times_ms = []
    for _ in range(num_runs):
        started = time.perf_counter()
        detector.detect([image], 0.25, 100)
        times_ms.append(1000 * (time.perf_counter() - started))
    print(f"{name}, {threads} threads, input {size}: median {median(times_ms):.1f} ms, least {min(times_ms):.1f} ms")


if __name__ == "__main__":
    main()
