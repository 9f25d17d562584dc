"""Runtimes that execute an exported network without torch: ONNX Runtime, and OpenVINO where it is installed."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from partsight.detector.devices import num_free_cores
from partsight.errors import ModelError
from partsight.structures.arrays import Float32Array

Infer: TypeAlias = Callable[[Float32Array], tuple[Float32Array, ...]]
"""(1, 3, height, width) → the network's answers."""
Shape: TypeAlias = tuple[int | None, ...]
"""Sizes along each axis; None where a network takes or gives any."""


@dataclass(frozen=True, slots=True)
class OpenNetwork:
    """A network in a runtime, and what it says of itself."""

    infer: Infer
    takes: Shape
    gives: tuple[Shape, ...]
    """Of each answer."""

    def check(self, network: Path, takes: Shape, *gives: Shape) -> Infer:
        """Return the network to ask, where it takes and gives such arrays; sizes that are not known yet pass. Raises ModelError.

        What it gives beyond the answers asked for does not count.
        """
        if len(self.gives) < len(gives):
            raise ModelError(
                f"{network}: gives {len(self.gives)} answer(s); model.json describes {len(gives)}. They do not belong together: copy "
                "the folder again, or export again."
            )
        told = [
            ("takes", self.takes, takes),
            *(("answers with", *pair) for pair in zip(self.gives, gives, strict=False)),
        ]
        for what, found, expected in told:
            if len(found) != len(expected) or any(
                None not in (a, b) and a != b for a, b in zip(found, expected, strict=True)
            ):
                raise ModelError(
                    f"{network}: {what} arrays of shape {_told(found)}; model.json describes {_told(expected)}. They do not belong "
                    "together: copy the folder again, or export again."
                )
        return self.infer


RUNTIMES = ("openvino", "onnx")
"""In the order in which they are preferred."""


def open_runtime(runtime: str, network: Path, threads: int) -> OpenNetwork:
    """Open a network file with this many CPU threads, 0 for all free cores. Raises ModelError."""
    return {"onnx": _open_onnx, "openvino": _open_openvino}[runtime](network, threads or num_free_cores())


def is_installed(runtime: str) -> bool:
    """Return whether the library of a runtime is there."""
    from importlib.util import find_spec

    return find_spec({"onnx": "onnxruntime", "openvino": "openvino"}[runtime]) is not None


def import_openvino() -> Any:
    """Import OpenVINO without its telemetry, which would report even the import. Raises ModelError when it is missing."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: importing it fails, a stub takes its place
    try:
        import openvino
    except ImportError as error:
        raise ModelError(
            f"OpenVINO cannot be imported ({error}). Install it: pip install 'partsight[openvino]'"
        ) from error
    return openvino


def _told(shape: Shape) -> str:
    return "×".join("any" if size is None else str(size) for size in shape)


def _open_onnx(network: Path, threads: int) -> OpenNetwork:
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError(f"ONNX Runtime cannot be imported ({error}). Install it: pip install onnxruntime") from error
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "0"
    )  # waiting threads leave the cores to others
    options.log_severity_level = 3
    try:  # from bytes, so that the network cannot name further files
        session = onnxruntime.InferenceSession(network.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's own exceptions share no other base
        raise ModelError(f"{network}: ONNX Runtime cannot use this network ({error}). Export it again.") from error
    taken, *_ = session.get_inputs()
    takes, *gives = [
        tuple(size if isinstance(size, int) else None for size in one.shape) for one in (taken, *session.get_outputs())
    ]

    def infer(batch: Float32Array) -> tuple[Float32Array, ...]:
        return tuple(np.asarray(answer, np.float32) for answer in session.run(None, {taken.name: batch}))

    return OpenNetwork(infer, takes, tuple(gives))


def _open_openvino(network: Path, threads: int) -> OpenNetwork:
    openvino = import_openvino()
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
    }
    try:
        compiled = openvino.Core().compile_model(str(network), "CPU", settings)
    except RuntimeError as error:
        raise ModelError(f"{network}: OpenVINO cannot use this network ({error}). Export it again.") from error
    request = compiled.create_infer_request()
    takes, *gives = [
        tuple(int(size.get_length()) if size.is_static else None for size in port.get_partial_shape())
        for port in (compiled.input(0), *compiled.outputs)
    ]

    def infer(batch: Float32Array) -> tuple[Float32Array, ...]:
        answers = request.infer({0: batch})
        return tuple(np.array(answers[place], np.float32) for place in range(len(gives)))

    return OpenNetwork(infer, takes, tuple(gives))
