"""Trainings of a benchmark: what its command line asks for, side by side on the cores, a row kept for each."""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console

from partsight.cli.show.progress import TerminalProgress
from partsight.config.recipe import Recipe
from partsight.config.sections.running.cluster import ClusterSection
from partsight.files import read_json, write_json
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.executors import num_cores, open_executor
from partsight.pipeline.running.workspace import Workspace

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RECIPES = Path(__file__).resolve().parent / "real"
SETS = tuple(sorted(path.stem for path in RECIPES.glob("*.toml")))
"""Sets of photos that a recipe is there for."""

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def parser_of(
    description: str | None, out: Path, sets: Sequence[str], seeds: Sequence[int] = (0, 1, 2)
) -> ArgumentParser:
    """Return a command line with what all trainings are asked for by."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="scratch", help="pretrained weights file to start from")
    parser.add_argument("--out", type=Path, default=out)
    parser.add_argument("--sets", nargs="+", default=list(sets), choices=SETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=list(seeds))
    parser.add_argument("--jobs", type=int, default=num_cores(), help="trainings side by side")
    parser.add_argument("--set", dest="settings", action="append", default=[], help="change one recipe key everywhere")
    return parser


def recipe_path(set_name: str) -> Path:
    """Return where the recipe of a set is."""
    return RECIPES / f"{set_name}.toml"


def settings_of(seed: int, arguments: Namespace) -> tuple[str, ...]:
    """Return the recipe settings of a training: its seed, its start, and its share of the cores."""
    threads = max(1, num_cores() // arguments.jobs)
    return f"train.seed={seed}", f"train.threads={threads}", f'train.weights="{arguments.weights}"'


class Rows:
    """The rows of a file; those made with the same start weights and settings are one's own, the others are kept."""

    def __init__(self, path: Path, arguments: Namespace, **marks: object) -> None:
        """Read what there is."""
        self._path = path
        self._marks = {"weights": Path(arguments.weights).name, "settings": arguments.settings, **marks}
        kept: list[dict[str, Any]] = read_json(path) if path.is_file() else []
        self.own = [row for row in kept if row["marks"] == self._marks]
        self._others = [row for row in kept if row["marks"] != self._marks]

    def left(self, cells: Iterable["DataclassInstance"]) -> list[Any]:
        """Return the trainings that have no row yet."""
        known = [row["cell"] for row in self.own]
        return [cell for cell in cells if asdict(cell) not in known]

    def add(self, *rows: Mapping[str, Any]) -> None:
        """Keep rows, in the file too."""
        self.own += [{**row, "marks": self._marks} for row in rows]
        write_json(self._path, self._others + self.own)


def make_dataset(recipe: Recipe, folder: Path) -> None:
    """Make what the trainings of a recipe share beforehand, on all cores. Raises DatasetError."""
    Experiment(recipe, Workspace(folder), TerminalProgress(Console())).assemble()


def side_by_side(
    run: Callable[[_Task, Namespace], _Result], tasks: Sequence[_Task], arguments: Namespace
) -> Iterator[_Result]:
    """Yield results as they come, `arguments.jobs` tasks at a time on the workers of a sweep; one that fails is told and left out.

    One core each, which brings more than one training on all cores.
    """
    with open_executor(arguments.jobs, ClusterSection(), arguments.out) as workers:
        for done in as_completed([workers.submit(run, task, arguments) for task in tasks]):
            if (error := done.exception()) is not None:
                print(f"failed, the others go on: {error!r}", flush=True)
                continue
            yield done.result()
