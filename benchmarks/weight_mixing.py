"""What remains of renders when a few photos are learned: weights of two stages mixed, judged by photos that are no test photos.

    python benchmarks/weight_mixing.py --weights PATH --sets microcontrollers

Of each training session `--photos` per class teach in a second stage, and all photos of the other training sessions judge; no test
photo is opened. The validation sessions and photos of rooms choose the checkpoints. Then the weights of both stages are mixed in
several shares (WiSE-FT, Wortsman et al. 2022, https://arxiv.org/abs/2109.01903). First stages are those of `real.py`; with its
`--out` they are found. Resumable: finished stages are found, finished rows are kept in weight_mixing.json.
"""

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ablate import figures_of
from alarms import room_settings
from real import TWO_STAGES
from safetensors.torch import load_file, save_file
from tables import head, mean_of
from trainings import Rows, make_dataset, parser_of, recipe_path, settings_of, side_by_side

from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.detector.detector import Checkpoint
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.graph import Graph
from partsight.pipeline.stages.render.stage import choose_variant
from partsight.pipeline.stages.train.schedule import last_training
from partsight.pipeline.stages.train.stage import TrainManifest, TrainOutput, TrainStage
from partsight.progress import Silence

HERE = Path(__file__).resolve().parent
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the first stage in weights that are mixed."""
RATE = 0.1
"""False alarms per photo of a room at which recall is told."""


@dataclass(frozen=True)
class Cell:
    """One training."""

    set_name: str
    session: str
    seed: int


@dataclass(frozen=True)
class MixedStage(Stage[TrainManifest, TrainOutput]):
    """A detector whose weights are those of two, `share` of the first; statistics of batch normalization too."""

    first: TrainStage
    second: TrainStage
    share: float

    name, version, manifest_type, unit = "mixed_weights", 1, TrainManifest, "file"

    def inputs(self) -> Mapping[str, Any]:
        """Return both trainings and the share."""
        return {"first": self.first.key, "second": self.second.key, "share": self.share}

    @property
    def upstream(self) -> tuple[TrainStage, TrainStage]:
        """Both trainings."""
        return (self.first, self.second)

    @property
    def num_units(self) -> int:
        """One file."""
        return 1

    def make(self, run: Resolver, folder: Path) -> TrainManifest:
        """Mix the weights."""
        first, second = (run.resolve(one).checkpoint for one in self.upstream)
        mix(first, second, self.share, folder / "model")
        return TrainManifest(checkpoint="model", family=second.family, class_names=second.class_names)

    def load(self, run: Resolver, folder: Path, manifest: TrainManifest) -> TrainOutput:
        """Return the detector, with the history of the second."""
        second = run.resolve(self.second)
        return replace(second, key=self.key, checkpoint=replace(second.checkpoint, path=folder / manifest.checkpoint))


@dataclass(frozen=True)
class JudgedGraph(Graph):
    """Judges a detector that is given: its own first stage would be trained anew for each session, though none is in it."""

    given: MixedStage = field(kw_only=True)

    @cached_property
    def trainings(self) -> tuple[MixedStage]:
        """The detector to judge."""
        return (self.given,)


@dataclass(frozen=True)
class JudgedExperiment(Experiment):
    """An experiment with a detector that is given."""

    given: MixedStage = field(kw_only=True)

    @cached_property
    def graph(self) -> JudgedGraph:
        """The stages, with the given detector in the place of the trainings."""
        return JudgedGraph(
            self.recipe, find_variant=partial(choose_variant, workspace=self.workspace), given=self.given
        )


def main() -> None:
    arguments = parse()
    cells = [
        Cell(name, session, seed)
        for seed in arguments.seeds for name in arguments.sets
        for session in training_sessions(name)
    ]  # fmt: skip
    rows = Rows(arguments.out / "weight_mixing.json", arguments, photos=arguments.photos)
    left = rows.left(cells)
    for cell in left:
        make_dataset(second_recipe(cell, arguments), arguments.out / cell.set_name)
    for made in side_by_side(run, left, arguments):
        for row in made:
            print(row["cell"], row["first_share"], f"{row['map50']:.3f}", flush=True)
        rows.add(*made)
    print(table(rows.own))


def parse() -> argparse.Namespace:
    parser = parser_of(__doc__, HERE / "results" / "real", ["microcontrollers", "bolts_washers"], [0, 1])
    parser.add_argument("--photos", type=int, default=5, help="photos per class that teach")
    return parser.parse_args()


def run(cell: Cell, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Train, mix and judge."""
    workspace = Workspace(arguments.out / cell.set_name)
    recipe = second_recipe(cell, arguments)
    graph = Experiment(recipe, workspace, Silence()).graph
    (first,) = Experiment(first_recipe(cell, arguments), workspace, Silence()).graph.trainings
    second = TrainStage(last_training(recipe), graph.dataset, "photos", first)
    found = []
    for share in SHARES:
        judged = JudgedExperiment(recipe, workspace, Silence(), given=MixedStage(first, second, share))
        found.append({"cell": asdict(cell), "first_share": share, **figures_of(judged, [RATE])})
    return found


def mix(first: Checkpoint, second: Checkpoint, share: float, folder: Path) -> None:
    """Write a checkpoint whose weights are those of two."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(second.path / "model.json", folder / "model.json")
    before, after = (load_file(one.path / "weights.safetensors") for one in (first, second))
    mixed = {
        name: (share * before[name].float() + (1 - share) * value.float()).to(value.dtype)
        if value.is_floating_point()
        else value
        for name, value in after.items()
    }
    save_file({name: value.contiguous() for name, value in mixed.items()}, folder / "weights.safetensors")


def first_recipe(cell: Cell, arguments: argparse.Namespace) -> Recipe:
    """Return the recipe of the first of two stages, that of `real.py`: one for all sessions that teach."""
    return _recipe(cell, arguments)


def second_recipe(cell: Cell, arguments: argparse.Namespace) -> Recipe:
    """Return the set's recipe in which one training session teaches and the others judge."""
    others = [name for name in training_sessions(cell.set_name) if name != cell.session]
    sessions = f"photos.train={json.dumps([cell.session])}", f"photos.test={json.dumps(others)}"
    drawn = f"dataset.seed={cell.seed}", f"dataset.photos_per_class={arguments.photos}"
    return _recipe(cell, arguments, *sessions, *drawn, *TWO_STAGES)


def training_sessions(set_name: str) -> Sequence[str]:
    """Return the sessions that teach in the set's recipe."""
    return read_recipe(recipe_path(set_name), []).photos.train


def _recipe(cell: Cell, arguments: argparse.Namespace, *settings: str) -> Recipe:
    validation = read_recipe(recipe_path(cell.set_name), []).photos.validation
    common = [
        *settings_of(cell.seed, arguments),
        *room_settings(validation, arguments.out, among=False, behind=False), *arguments.settings,
    ]  # fmt: skip
    return read_recipe(recipe_path(cell.set_name), [*settings, *common])


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return a line for each set and share of the first stage."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        cell = row["cell"]
        groups.setdefault((cell["set_name"], row["first_share"]), []).append(row)
    titles = (
        "| set | share of the first stage | pairs | mAP50 | each | mAP50-95 | agnostic AP50 | "
        f"recall at {RATE} false alarms per room | minutes |"
    )
    lines = [*head(titles)]
    for (name, share), group in groups.items():
        each = ", ".join(f"{row['map50']:.3f}" for row in group)
        means = " | ".join(f"{mean_of(group, one):.3f}" for one in ("map50_95", "agnostic_ap50", f"recall_at_{RATE}"))
        minutes = f"{mean_of(group, 'seconds') / 60:.1f}"
        lines.append(
            f"| {name} | {share} | {len(group)} | {mean_of(group, 'map50'):.3f} | {each} | {means} | {minutes} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
