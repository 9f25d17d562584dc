"""Samples with the class names they were labelled by; names and labels never travel apart."""

from dataclasses import dataclass

from partsight.structures.sample import Sample


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled pictures; `Sample.class_ids` index `class_names`."""

    class_names: tuple[str, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Splits:
    """Three datasets with the same class names and no session in two of them: train teaches, validation chooses, test reports."""

    train: Dataset
    validation: Dataset
    test: Dataset
