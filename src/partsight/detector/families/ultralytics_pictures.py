"""Our own changes of training pictures, hung into the library's."""

from typing import Any

import numpy as np

from partsight.detector.photometric import change_pixels


class ChangePixels:
    """A step of the library's chain: takes and gives a dictionary with the picture under "img"."""

    def __init__(self, share: float) -> None:
        self._share = share

    def __call__(self, labels: dict[str, Any]) -> dict[str, Any]:
        """Change the picture. Draws follow torch's generator, which the library seeds for the training and for each of its loaders."""
        import torch

        rng = np.random.default_rng(int(torch.randint(2**62, (1,))))
        return {**labels, "img": change_pixels(rng, labels["img"], self._share)}


def hang_in(trainer: Any, share: float) -> None:
    """Let the training set's chain change pixels, now and whenever the library builds it anew (as it does when mosaics end)."""
    dataset = trainer.train_loader.dataset
    build = dataset.build_transforms

    def build_with_changes(settings: Any) -> Any:
        transforms = build(settings)
        transforms.insert(len(transforms.transforms) - 1, ChangePixels(share))  # the last step makes a tensor of it
        return transforms

    dataset.build_transforms = build_with_changes
    dataset.transforms = build_with_changes(trainer.args)
    trainer.train_loader.reset()  # loaders of their own processes have a copy of the dataset
