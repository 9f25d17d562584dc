"""Copies of one picture on both sides of a split: nearly the same pictures, and those that a tool made of one original."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

from partsight.dataset.health import Finding
from partsight.labels.importing import read_imports
from partsight.labels.label import sample_id_of
from partsight.labels.original_names import is_copy_name, original_name
from partsight.photos.duplicates import HashedPicture, find_duplicates
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample

_SHOWN = 3
_Leak: TypeAlias = tuple[str, str, str, Sequence[tuple[str, str]]]
"""What it is, the two groups, and the pairs of sample ids."""


def find_leaks(photos: Dataset, splits: Splits, hashes: Mapping[str, int], folder: Path | None) -> list[Finding]:
    """Return one finding for each two splits that share pictures; where no split is named, for each two sessions."""
    groups = _groups(photos, splits)
    paths = {sample.sample_id: sample.image_path for sample in photos.samples}
    found = [*_near(groups, hashes), *_copies(groups, _originals(folder))]
    return [_finding(*leak, paths) for leak in found]


def _groups(photos: Dataset, splits: Splits) -> dict[str, Sequence[Sample]]:
    named = {name: getattr(splits, name).samples for name in ("train", "validation", "test")}
    if any(named.values()):
        return named
    by_session: dict[str, list[Sample]] = defaultdict(list)
    for sample in photos.samples:
        by_session[sample.session].append(sample)
    return dict(by_session)


def _near(groups: Mapping[str, Sequence[Sample]], hashes: Mapping[str, int]) -> Iterator[_Leak]:
    pictures = [
        HashedPicture(sample.sample_id, group, hashes[sample.sample_id])
        for group, samples in groups.items()
        for sample in samples
        if sample.sample_id in hashes
    ]
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for pair in find_duplicates(pictures):
        pairs[pair.first.session, pair.second.session].append((pair.first.name, pair.second.name))
    for (one, other), found in pairs.items():
        yield "nearly the same picture", one, other, found


def _copies(groups: Mapping[str, Sequence[Sample]], originals: Mapping[str, str]) -> Iterator[_Leak]:
    by_original = {group: _by_original(samples, originals) for group, samples in groups.items()}
    for (one, first), (other, second) in combinations(by_original.items(), 2):
        shared = [(first[name], second[name]) for name in sorted(first.keys() & second.keys())]
        if shared:
            yield "copies of one picture", one, other, shared


def _by_original(samples: Sequence[Sample], originals: Mapping[str, str]) -> dict[str, str]:
    """Return a sample id for each original picture of which these are copies."""
    named = ((originals.get(sample.sample_id) or _own_original(sample), sample.sample_id) for sample in samples)
    return {original: sample_id for original, sample_id in named if original}


def _own_original(sample: Sample) -> str:
    stem = sample.image_path.stem
    return original_name(stem) if is_copy_name(stem) else ""


def _originals(folder: Path | None) -> dict[str, str]:
    """Return the original of each imported picture by sample id, as far as imports say."""
    records = read_imports(folder) if folder is not None else ()
    return {sample_id_of(Path(file)): name for record in records for file, name in record.originals.items()}


def _finding(kind: str, one: str, other: str, pairs: Sequence[tuple[str, str]], paths: Mapping[str, Path]) -> Finding:
    shown = ", ".join(f"{first} and {second}" for first, second in pairs[:_SHOWN])
    more = " …" if len(pairs) > _SHOWN else ""
    message = (
        f"{len(pairs)} pairs, {shown}{more}: what is learned by heart would count as found. Put them into one split"
    )
    pictures = tuple(paths[sample_id] for pair in pairs for sample_id in pair)
    return Finding("same picture in two splits", f"{one} and {other}", f"{kind}: {message}", pictures)
