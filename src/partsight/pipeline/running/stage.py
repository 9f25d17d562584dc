"""A stage: what it reads names its folder, and a manifest, written last, says that it is finished."""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from partsight.files import hash_json
from partsight.pipeline.running.workspace import LOCK, Manifest, Workspace
from partsight.progress import Progress

ManifestT = TypeVar("ManifestT", bound=Manifest)
OutputT = TypeVar("OutputT")
_Resolved = TypeVar("_Resolved")


class Resolver(Protocol):
    """What a stage is given while it is made or loaded: where to write, whom to tell, and the outputs of other stages."""

    @property
    def workspace(self) -> Workspace:
        """The folder of all stages."""
        ...

    @property
    def progress(self) -> Progress:
        """Who is told how far the stage is."""
        ...

    def resolve(self, stage: "Stage[Any, _Resolved]") -> _Resolved:
        """Return a stage's output, found finished or made."""
        ...

    def watch(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Tell the figures of an epoch of training."""
        ...


@dataclass(frozen=True)
class Stage(ABC, Generic[ManifestT, OutputT]):
    """One step from a recipe to its report; built from the stages that it reads, before any of them has run."""

    name: ClassVar[str]
    """Folder below the workspace; the recipe's section where there is one of that name."""
    version: ClassVar[int]
    """Raised whenever the output changes for the same inputs."""
    manifest_type: ClassVar[type[Manifest]]
    unit: ClassVar[str]
    """What its work is counted in."""

    @abstractmethod
    def inputs(self) -> Mapping[str, Any]:
        """Return everything that the output depends on, and nothing else, as JSON-like content; other stages by their keys."""

    @property
    @abstractmethod
    def upstream(self) -> "tuple[Stage[Any, Any], ...]":
        """The stages that it reads while it is made."""

    @abstractmethod
    def make(self, run: Resolver, folder: Path) -> ManifestT:
        """Make what is missing in the folder, which this process holds; return the manifest, its times left open."""

    @abstractmethod
    def load(self, run: Resolver, folder: Path, manifest: ManifestT) -> OutputT:
        """Return the output of the finished stage."""

    @property
    @abstractmethod
    def num_units(self) -> int:
        """Units of work in the whole stage."""

    @property
    def title(self) -> str:
        """What a plan calls it."""
        return self.name

    @property
    def extent(self) -> int:
        """How far it goes where stages of one key may go to different lengths, as renders do; 0 elsewhere."""
        return 0

    def is_whole(self, manifest: ManifestT) -> bool:
        """Return whether a finished stage goes as far as this one."""
        del manifest
        return True

    def num_missing(self, folder: Path) -> int:
        """Return the units of an unfinished stage that are still to be made."""
        del folder
        return self.num_units

    def delete_damaged(self, folder: Path, damaged: Sequence[str]) -> None:
        """Delete what cannot be kept of a finished stage in which these files are damaged: here, all of it."""
        del damaged
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()

    @property
    def speed_kind(self) -> str:
        """What the time of one unit depends on, in words: stages of one kind cost the same."""
        return ""

    @cached_property
    def key(self) -> str:
        """The hash of the inputs (16 hex digits)."""
        return hash_json([self.name, self.version, self.inputs()])
