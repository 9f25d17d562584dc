"""bfloat16 on the CPU: nearly the same answers and gradients, only where the processor has it and the recipe allows it."""

from importlib.util import find_spec

import pytest

from partsight.config.sections.train import TrainSection

torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
if find_spec("ultralytics") is None:
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)

from partsight.detector.families import half_precision  # noqa: E402
from partsight.detector.families.half_precision import precision_of, run_in_bfloat16  # noqa: E402
from partsight.detector.families.ultralytics.trial import open_trial  # noqa: E402
from partsight.detector.families.ultralytics.weights import build_network  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def gradients(network, pictures):
    answer = network(pictures)
    tensors = [answer[name] for name in ("boxes", "scores")]
    sum(tensor.square().mean() for tensor in tensors).backward()
    learned = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]  # DFL is fixed
    return tensors, torch.cat([slope.flatten() for slope in learned])


def test_answers_and_gradients_are_those_of_single_precision_but_for_rounding():
    torch.manual_seed(0)
    single, half = (build_network("yolov8n", 3).train() for _ in range(2))
    half.load_state_dict(single.state_dict())
    run_in_bfloat16(half)
    pictures = torch.rand(4, 3, 96, 96)
    (boxes, scores), slope = gradients(single, pictures)
    (boxes_half, scores_half), slope_half = gradients(half, pictures)
    assert boxes_half.dtype == scores_half.dtype == torch.float32
    assert all(parameter.dtype == torch.float32 for parameter in half.parameters())
    assert torch.nn.functional.cosine_similarity(boxes.flatten(), boxes_half.flatten(), dim=0) > 0.999
    assert torch.nn.functional.cosine_similarity(scores.flatten(), scores_half.flatten(), dim=0) > 0.999
    assert torch.nn.functional.cosine_similarity(slope, slope_half, dim=0) > 0.85  # .999 for trained weights


def test_copies_of_the_network_made_before_stay_in_single_precision():
    from copy import deepcopy

    network = build_network("yolov8n", 3).train()
    copy = deepcopy(network)
    run_in_bfloat16(network)
    assert "predict" in vars(network)
    assert "predict" not in vars(copy)


@pytest.mark.parametrize("has", [True, False])
def test_the_cpu_uses_it_where_it_has_instructions_for_it_and_the_recipe_allows_it(monkeypatch, has):
    monkeypatch.setattr(half_precision, "has_bfloat16", lambda: has)
    assert precision_of(TrainSection(), "cpu") == ("bfloat16" if has else "single")
    assert precision_of(TrainSection(precision="single"), "cpu") == "single"


def test_gpus_use_their_own_half_precision_unless_the_recipe_forbids_it():
    assert precision_of(TrainSection(), "0") == "float16"
    assert precision_of(TrainSection(precision="single"), "0") == "single"


def test_a_trial_step_runs_in_the_precision_of_the_training(monkeypatch):
    used = []
    monkeypatch.setattr(half_precision, "has_bfloat16", lambda: True)
    autocast = torch.autocast
    monkeypatch.setattr(torch, "autocast", lambda kind, **named: used.append(named) or autocast(kind, **named))
    open_trial(TrainSection(weights="scratch", image_size=64), 2, "cpu")(2)
    assert any(named.get("dtype") == torch.bfloat16 for named in used)
