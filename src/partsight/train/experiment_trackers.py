"""Weights & Biases, MLflow and TensorBoard behind the protocol of all trackers: nothing leaves this machine unless the recipe says so.

A tracker that fails while a training runs is told once and left alone: hours of work do not end because a server is down.
"""

import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from partsight.config.sections.running.track import TrackerName, TrackSection
from partsight.detector.detector import Tracker
from partsight.errors import RecipeError, StorageError
from partsight.train.trackers import tell_all

_PRIVATE = {
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_SILENT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}
"""What keeps the libraries from reporting to their makers."""


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """What a tracker is told about a training before its first epoch."""

    name: str
    key: str
    """The stage key: a training that was killed goes on in the run of the same key."""
    config: Mapping[str, str | int | float]
    folder: Path
    """Where local trackers write."""


class _Run(Protocol):
    def __call__(self, epoch: int, figures: Mapping[str, float]) -> None: ...

    def close(self) -> None: ...


@contextmanager
def open_trackers(section: TrackSection, run: TrackedRun, say: Callable[[str], None]) -> Iterator[Tracker]:
    """Give one tracker that tells all those named; closes them.

    Raises RecipeError when a package is missing or an online tracker lacks its key, StorageError when one cannot begin.
    """
    with ExitStack() as stack:
        guarded = []
        for name in section.to:
            opened = _open(name, section, run)
            stack.callback(_Guarded(name, opened.close, say))
            guarded.append(_Guarded(name, opened, say))
        yield tell_all(*guarded)


def _open(name: TrackerName, section: TrackSection, run: TrackedRun) -> _Run:
    os.environ.update(_PRIVATE)
    openers: dict[TrackerName, Callable[[TrackSection, TrackedRun], _Run]] = {
        "wandb": _WandbRun, "mlflow": _MlflowRun, "tensorboard": _TensorboardRun,
    }  # fmt: skip
    try:
        with _warnings_ignored():
            return openers[name](section, run)
    except ImportError as error:
        raise RecipeError(
            f'track.to names {name}, which is not installed ({error.name}). Install it with: pip install "partsight[{name}]"'
        ) from error
    except RecipeError:
        raise
    except Exception as error:  # foreign libraries raise what they like
        raise StorageError(f"track.to: {name} cannot begin ({error}). Mend it, or take it out of track.to.") from error


class _Guarded:
    """Calls something until it fails."""

    def __init__(self, name: str, call: Callable[..., None], say: Callable[[str], None]) -> None:
        self._name, self._call, self._say, self._has_failed = name, call, say, False

    def __call__(self, *given: Any) -> None:
        if self._has_failed:
            return
        try:
            with _warnings_ignored():
                self._call(*given)
        except Exception as error:  # noqa: BLE001 - a tracker must not end a training
            self._has_failed = True
            self._say(f"{self._name}: not told any more ({error}). history.csv goes on.")


class _WandbRun:
    def __init__(self, section: TrackSection, run: TrackedRun) -> None:
        if section.wandb_mode == "online" and not os.environ.get("WANDB_API_KEY"):
            raise RecipeError("track.wandb_mode = 'online' needs the variable WANDB_API_KEY. Or leave it 'offline'.")
        import wandb

        folder = run.folder / "wandb"
        folder.mkdir(parents=True, exist_ok=True)
        settings = wandb.Settings(
            console="off",
            silent=True,
            disable_git=True,
            disable_code=True,
            disable_job_creation=True,
            x_disable_stats=True,
            x_disable_meta=True,
            x_disable_machine_info=True,
            host="private",
            username="private",
            program="partsight",
        )
        self._run = wandb.init(
            project=section.project, name=run.name, id=run.key, config=dict(run.config), dir=folder,
            mode=section.wandb_mode, resume="allow" if section.wandb_mode == "online" else None,
            reinit="create_new", settings=settings,
        )  # fmt: skip

    def __call__(self, epoch: int, figures: Mapping[str, float]) -> None:
        self._run.log(dict(figures), step=epoch)

    def close(self) -> None:
        self._run.finish()


class _MlflowRun:
    def __init__(self, section: TrackSection, run: TrackedRun) -> None:
        from mlflow.tracking import MlflowClient

        run.folder.mkdir(parents=True, exist_ok=True)
        address = section.mlflow_uri or _sqlite_address((run.folder / "mlflow.db").resolve())
        self._client = MlflowClient(tracking_uri=address)
        experiment = self._client.get_experiment_by_name(section.project)
        experiment_id = experiment.experiment_id if experiment else self._client.create_experiment(section.project)
        self._run_id = self._begin(experiment_id, run)

    def _begin(self, experiment_id: str, run: TrackedRun) -> str:
        known = self._client.search_runs([experiment_id], f"tags.partsight_key = '{run.key}'", max_results=1)
        if known:
            run_id: str = known[0].info.run_id
            self._client.update_run(run_id, status="RUNNING")
            return run_id
        made = self._client.create_run(experiment_id, run_name=run.name, tags={"partsight_key": run.key})
        for name, value in run.config.items():
            self._client.log_param(made.info.run_id, name, value)
        begun: str = made.info.run_id
        return begun

    def __call__(self, epoch: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._client.log_metric(self._run_id, re.sub(r"[^\w\-. /]", "_", name), value, step=epoch)

    def close(self) -> None:
        self._client.set_terminated(self._run_id)


def _sqlite_address(path: Path) -> str:
    """Return the address of a file, whatever stands in its path; with the driver named, MLflow makes no folder of its quoted form."""
    from sqlalchemy.engine import URL

    return URL.create("sqlite+pysqlite", database=str(path)).render_as_string(hide_password=False)


class _TensorboardRun:
    def __init__(self, section: TrackSection, run: TrackedRun) -> None:
        del section
        from tensorboard.summary import Writer

        self._writer = Writer(str(run.folder / "tensorboard" / f"{run.name} {run.key}"))

    def __call__(self, epoch: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


@contextmanager
def _warnings_ignored() -> Iterator[None]:
    """Leave the libraries' warnings about one another unsaid."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
