"""How the verifier learns: features of the frozen blocks once, then a few passes of the last blocks over them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from partsight.detector.crops import as_input
from partsight.detector.devices import freed_memory_kept, num_free_cores
from partsight.detector.families.half_precision import has_bfloat16
from partsight.detector.verifier import Epoch, VerifyJob
from partsight.detector.verifiers.lite_network import LiteNetwork
from partsight.detector.verifiers.lite_weights import load_start
from partsight.structures.arrays import IntArray

_BATCH, _RATE = 32, 5e-4
_AT_ONCE = 64
"""Crops whose features are computed together."""


def train_network(job: VerifyJob, weights: Path, num_epochs: int, tell: Epoch) -> LiteNetwork:
    """Return the network after so many epochs. Raises DetectorError for damaged weights.

    On a CPU the same job gives the same network: nothing is random but what the seed says. Statistics of batches stay ImageNet's:
    crops of renders would move them away from what photos need.
    """
    torch.set_num_threads(
        1
    )  # a step is many small layers: on a busy machine two threads wait for each other, nine times as long
    torch.manual_seed(job.seed)
    network = load_start(weights, len(job.class_names) + 1)
    network.eval().to(memory_format=torch.channels_last)
    with freed_memory_kept():
        features, labels = _describe(network, job), torch.from_numpy(job.labels.copy())
        optimizer = torch.optim.AdamW(network.trained_parameters(), lr=_RATE)
        for epoch in range(1, num_epochs + 1):
            losses = [
                _step(network, optimizer, features[chosen].float(), labels[chosen])
                for chosen in _batches(len(labels), [job.seed, epoch])
            ]
            tell(epoch, float(np.mean(losses)))
    return network


def _describe(network: LiteNetwork, job: VerifyJob) -> torch.Tensor:
    """Return the features of all crops, in half the memory; groups of crops go side by side, each on a core."""
    starts = range(0, len(job.crops), _AT_ONCE)
    with ThreadPoolExecutor(job.threads or num_free_cores()) as pool:
        return torch.cat(list(pool.map(partial(_describe_some, network, job), starts)))


def _describe_some(network: LiteNetwork, job: VerifyJob, start: int) -> torch.Tensor:
    """Compute in bfloat16 where that is twice as fast (a step of training is not)."""
    batch = torch.from_numpy(as_input(job.crops[start : start + _AT_ONCE], job.spec))
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_bfloat16()):
        return network.describe(batch.contiguous(memory_format=torch.channels_last)).half()


def _batches(num_crops: int, seed: list[int]) -> Iterator[IntArray]:
    """Yield the numbers of the crops of each step, all of them once, in a drawn order."""
    order = np.random.default_rng(seed).permutation(num_crops)
    for start in range(0, num_crops, _BATCH):
        yield order[start : start + _BATCH]


def _step(
    network: LiteNetwork, optimizer: torch.optim.Optimizer, features: torch.Tensor, labels: torch.Tensor
) -> float:
    loss = nn.functional.cross_entropy(network.classify(features), labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return float(loss.detach())
