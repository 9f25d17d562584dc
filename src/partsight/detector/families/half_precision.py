"""bfloat16 on processors that multiply it faster than single precision.

Weights, gradients of weights, losses and the optimizer stay in single precision; only the layers between picture and answer are
computed in half of it, as on GPUs. bfloat16 has the range of single precision, so that no loss has to be scaled.
"""

from collections.abc import Mapping
from typing import Any

from partsight.config.sections.train import TrainSection


def precision_of(section: TrainSection, device: str) -> str:
    """Return "bfloat16", "float16" or "single": what a training of this section uses on "cpu" or a GPU."""
    if section.precision == "single":
        return "single"
    if device == "cpu":
        return "bfloat16" if has_bfloat16() else "single"
    return "float16"


def run_in_bfloat16(network: Any) -> None:
    """Let this YOLO network compute its answers in bfloat16 on the CPU, and give them in single precision.

    Only the object changes, not its class: copies made before, such as the average of the weights, stay as they are.
    """
    import torch

    network.to(memory_format=torch.channels_last)  # a quarter faster than the usual order; the numbers are the same
    predict = network.predict

    def predict_in_half(pictures: Any, *arguments: Any, **named: Any) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = predict(pictures.contiguous(memory_format=torch.channels_last), *arguments, **named)
        return _in_single(answer)

    network.predict = predict_in_half


def has_bfloat16() -> bool:
    """Return whether the processor multiplies bfloat16 by instructions of its own; without, it is slower than single."""
    import torch

    if not hasattr(torch.cpu, "get_capabilities"):
        return False  # an older torch, which cannot tell
    has = torch.cpu.get_capabilities()
    return bool(has.get("avx512_bf16") or has.get("amx_bf16"))


def _in_single(answer: Any) -> Any:
    """Return tensors, however nested, in single precision."""
    if isinstance(answer, Mapping):
        return {name: _in_single(value) for name, value in answer.items()}
    if isinstance(answer, (list, tuple)):
        return type(answer)(_in_single(value) for value in answer)
    return answer.float() if hasattr(answer, "is_floating_point") and answer.is_floating_point() else answer
