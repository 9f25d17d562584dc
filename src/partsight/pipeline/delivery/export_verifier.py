"""The verifier of a finished experiment → the model folder: exported, compared crop by crop, timed."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from partsight.deploy.description import CropParity, VerifierEntry
from partsight.deploy.exported_verifier import open_verifier
from partsight.deploy.model_folder import network_entry
from partsight.deploy.openvino_export import write_openvino
from partsight.detector.crops import Crops, cut_crops
from partsight.detector.detector import Checkpoint
from partsight.detector.verifier import Verifier, open_verifiers
from partsight.detector.verifying import load_verifier
from partsight.errors import ModelError
from partsight.pictures import read_picture
from partsight.structures.sample import Sample
from partsight.structures.verifier_spec import VerifierSpec

TOLERANCE = 0.005
"""Most that probabilities may differ."""
MOST_CROPS = 64
_NAME = "verifier.onnx"


def export_verifier(
    checkpoint: Checkpoint, targets: Sequence[str], folder: Path, samples: Sequence[Sample]
) -> VerifierEntry | None:
    """Write the verifier into a model folder, None where there is none. Raises ModelError when an export differs."""
    if checkpoint.verifier is None:
        return None
    onnx, trained = folder / _NAME, load_verifier(checkpoint, 1)
    open_verifiers().export(checkpoint.verifier, onnx)
    networks = {"onnx": network_entry(folder, onnx)}
    if "openvino" in targets:
        networks["openvino"] = network_entry(folder, write_openvino(onnx, folder / "openvino-verifier"))
    entry = VerifierEntry(spec=trained.spec, networks=networks)
    crops = _crops(samples, trained.spec)
    parities = tuple(_compare(folder, entry, trained, crops, runtime) for runtime in networks)
    return entry.model_copy(update={"parity": parities})


def _crops(samples: Sequence[Sample], spec: VerifierSpec) -> Crops:
    """Return crops of parts and of whole pictures."""
    cut = [np.zeros((0, spec.size_px, spec.size_px, 3), np.uint8)]
    for sample in samples:
        whole = np.array([[0.0, 0.0, *sample.size_wh]])
        cut.append(cut_crops(read_picture(sample.image_path), np.concatenate([sample.boxes_xyxy, whole]), spec))
    crops = np.concatenate(cut)
    chosen: Crops = crops[np.unique(np.linspace(0, len(crops) - 1, MOST_CROPS).round().astype(int))]
    return chosen


def _compare(folder: Path, entry: VerifierEntry, trained: Verifier, crops: Crops, runtime: str) -> CropParity:
    exported = open_verifier(folder, entry, trained.class_names, runtime=runtime, threads=1)
    expected, _ = trained.classify(crops), exported.classify(crops[:1])  # the first answer takes longer
    started = time.perf_counter()
    answered = exported.classify(crops)
    seconds = time.perf_counter() - started
    difference = float(np.abs(answered - expected).max(initial=0.0))
    if difference > TOLERANCE:
        raise ModelError(
            f"the exported verifier '{runtime}' does not do what its checkpoint does: on {len(crops)} crops probabilities differ by "
            f"up to {difference:.2g} (at most {TOLERANCE}). It is not written. Other versions of the libraries may export it right; "
            "please report this."
        )
    return CropParity(
        network=runtime,
        num_crops=len(crops),
        largest_difference=difference,
        tolerance=TOLERANCE,
        ms_per_crop=round(1000 * seconds / len(crops), 2),
    )
