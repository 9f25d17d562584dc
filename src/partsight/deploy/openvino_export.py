"""ONNX → OpenVINO's own format, without its converter, which would report its use."""

from pathlib import Path

from partsight.deploy.runtimes import import_openvino
from partsight.errors import ModelError


def write_openvino(onnx: Path, folder: Path) -> Path:
    """Write model.xml and model.bin, in 32 bits as the ONNX file; return the .xml. Raises ModelError."""
    openvino = import_openvino()
    path = folder / "model.xml"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        openvino.save_model(openvino.Core().read_model(str(onnx)), str(path), compress_to_fp16=False)
    except RuntimeError as error:
        raise ModelError(f"openvino: OpenVINO cannot read the ONNX network ({error})") from error
    return path
