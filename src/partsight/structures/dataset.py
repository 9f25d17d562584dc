"""Samples with the class names they were labeled by; names and labels never travel apart."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, overload

from partsight.structures.offered import html_of, offered
from partsight.structures.sample import Sample

_SHOWN_NAMES = 6


@dataclass(frozen=True, slots=True, repr=False)
class Dataset:
    """Labeled pictures, a sequence of samples; `Sample.class_ids` index `class_names`, which every sample knows."""

    class_names: tuple[str, ...]
    samples: tuple[Sample, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", tuple(_named(sample, self.class_names) for sample in self.samples))

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: slice) -> "Dataset": ...
    def __getitem__(self, place: int | slice) -> "Sample | Dataset":
        """Return one sample, or for a slice a dataset of the same classes."""
        if isinstance(place, slice):
            return Dataset(self.class_names, self.samples[place])
        return self.samples[place]

    def __repr__(self) -> str:
        more = ", …" if len(self.class_names) > _SHOWN_NAMES else ""
        return f"Dataset({len(self.samples)} samples of {', '.join(self.class_names[:_SHOWN_NAMES])}{more})"

    def to_pandas(self) -> Any:
        """Return a pandas.DataFrame with one row for each labeled part, and one for each picture without any (extra [pandas]).

        Visibility is read from the label files of renders. Raises ExtraError without pandas.
        """
        return offered("notebook.tables", "dataset_table")(self)

    def _repr_html_(self) -> str:
        return html_of(self, "samples", "show_dataset")


@dataclass(frozen=True, slots=True)
class Splits:
    """Three datasets with the same class names and no session in two of them: train teaches, validation chooses, test reports."""

    train: Dataset
    validation: Dataset
    test: Dataset


def _named(sample: Sample, class_names: tuple[str, ...]) -> Sample:
    return sample if sample.class_names == class_names else replace(sample, class_names=class_names)
