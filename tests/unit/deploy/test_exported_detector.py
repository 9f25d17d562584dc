"""The exported network finds what its checkpoint finds, in every runtime, without torch."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from partsight.deploy.exported_detector import open_detector, open_network
from partsight.deploy.model_folder import read_model_folder
from partsight.deploy.runtimes import OpenNetwork, open_runtime
from partsight.detector.detector import open_family
from partsight.errors import DetectorError, ModelError
from tests.unit.deploy.conftest import LOW, NAMES

needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="the extra [openvino] is not installed")


@pytest.fixture(params=["onnx", pytest.param("openvino", marks=needs_openvino)])
def detector(request, model_path):
    return open_detector(read_model_folder(model_path), runtime=request.param, threads=1)


@pytest.mark.parametrize("size_wh", [(173, 91), (64, 200), (96, 96), (31, 17), (640, 480)])
def test_the_checkpoint_and_its_export_find_the_same(detector, checkpoint, size_wh):
    image = np.random.default_rng(7).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    (expected,) = open_family("ultralytics").load(checkpoint, threads=1).detect([image], LOW, 30)
    (found,) = detector.detect([image], LOW, 30)
    assert len(found.scores) == len(expected.scores) > 0
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)
    np.testing.assert_allclose(found.boxes_xyxy, expected.boxes_xyxy, atol=0.02)
    assert found.class_ids.tolist() == expected.class_ids.tolist()


def test_pictures_of_different_sizes_are_looked_at_one_by_one(detector, picture):
    alone = [detector.detect([image], LOW, 5)[0] for image in (picture, picture[:, ::-1])]
    together = detector.detect([picture, picture[:, ::-1]], LOW, 5)
    for first, second in zip(alone, together, strict=True):
        np.testing.assert_array_equal(first.boxes_xyxy, second.boxes_xyxy)
    assert detector.detect([], LOW, 5) == []


def test_another_input_size_is_possible_in_whole_strides(model_path, picture):
    folder = read_model_folder(model_path)
    (found,) = open_detector(folder, image_size=64).detect([picture], LOW, 100)
    assert len(found.scores) > 0
    assert (found.boxes_xyxy <= [173, 91, 173, 91]).all()
    for wrong in (50, 0, -32):
        with pytest.raises(ModelError, match="multiple of 32"):
            open_detector(folder, image_size=wrong)


def test_a_network_of_other_classes_is_noticed(model_path, picture):
    opened = open_detector(read_model_folder(model_path), runtime="onnx")
    with pytest.raises(ModelError, match="3 classes"):
        replace(opened, class_names=(*NAMES, "third")).detect([picture], LOW, 10)


@pytest.mark.parametrize("runtime", ["onnx", pytest.param("openvino", marks=needs_openvino)])
def test_a_network_that_takes_or_gives_something_else_is_refused_when_it_is_opened(model_path, runtime):
    folder = read_model_folder(model_path)
    network, spec = folder.network(runtime), folder.description.spec
    assert open_network(runtime, network, spec, NAMES, threads=1).class_names == NAMES
    with pytest.raises(ModelError, match="They do not belong together"):
        open_network(runtime, network, spec, ("a", "b", "c"), threads=1)


@pytest.mark.parametrize(
    ("takes", "gives"),
    [((1, 3, 64, 64), (1, 6, 10)), ((None, 3, None, 96), (1, 6, None)), ((1, 1, 96, 96), (1, 6, 5))],
)
def test_fixed_sizes_have_to_be_those_of_the_description(takes, gives):
    opened = OpenNetwork(lambda batch: (batch,), takes, (gives,))
    expected = (1, 3, 96, 96), (1, 6, None)
    if takes == (None, 3, None, 96):
        opened.check(Path("model.onnx"), *expected)
        return
    with pytest.raises(ModelError, match=r"model\.onnx: takes arrays of shape"):
        opened.check(Path("model.onnx"), *expected)


def test_a_runtime_that_the_folder_does_not_hold_is_named(model_path):
    with pytest.raises(ModelError, match="target ncnn"):
        open_detector(read_model_folder(model_path), runtime="ncnn")


@pytest.mark.parametrize("runtime", ["onnx", pytest.param("openvino", marks=needs_openvino)])
def test_a_file_that_is_no_network_is_named(tmp_path, runtime):
    path = tmp_path / ("model.onnx" if runtime == "onnx" else "model.xml")
    path.write_text("no network")
    with pytest.raises(ModelError, match="cannot use this network"):
        open_runtime(runtime, path, 1)


@pytest.mark.parametrize(("target", "told"), [("nonsense", "Known: onnx"), ("coreml", "pip install coremltools")])
def test_a_format_that_cannot_be_written_says_what_is_missing(checkpoint, tmp_path, target, told):
    if target == "coreml" and find_spec("coremltools"):
        pytest.skip("coremltools is installed")
    with pytest.raises(DetectorError, match=told):
        open_family("ultralytics").export(checkpoint, target, tmp_path)


BLOCKED = ("torch", "torchvision", "ultralytics", "cv2", "onnx", "mitsuba", "OCP")
CHILD = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError(f"{{name}} is blocked")
sys.meta_path.insert(0, Blocked())
import json
import numpy as np
import partsight
model = partsight.load({model!r}, runtime={runtime!r}, threads=1)
image = np.random.default_rng(7).integers(0, 256, (91, 173, 3), np.uint8)
found = model.detect(image, threshold={low!r}, max_detections=30)
print(json.dumps([[part.name, part.score, part.box_xyxy.tolist()] for part in found]))
print(sys.modules.get("openvino_telemetry"))
"""


@pytest.mark.parametrize("runtime", ["onnx", pytest.param("openvino", marks=needs_openvino)])
def test_a_model_folder_runs_where_torch_cannot_be_imported(model_path, checkpoint, runtime):
    code = CHILD.format(blocked=BLOCKED, model=str(model_path), runtime=runtime, low=LOW)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    parts, telemetry = result.stdout.splitlines()
    image = np.random.default_rng(7).integers(0, 256, (91, 173, 3), np.uint8)
    (expected,) = open_family("ultralytics").load(checkpoint, threads=1).detect([image], LOW, 30)
    assert [name for name, _, _ in json.loads(parts)] == [NAMES[class_id] for class_id in expected.class_ids]
    np.testing.assert_allclose([score for _, score, _ in json.loads(parts)], expected.scores, atol=1e-6)
    assert telemetry == "None"
