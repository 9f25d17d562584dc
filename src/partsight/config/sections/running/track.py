"""Settings of `track`: which experiment tracker is told the epochs, besides history.json and history.csv."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from partsight.config.section import Section
from partsight.config.values import TextLine

TrackerName: TypeAlias = Literal["wandb", "mlflow", "tensorboard"]


class TrackSection(Section):
    """Trackers of other makers; none is asked unless named here, and by default all of them write to this machine only."""

    to: tuple[TrackerName, ...] = ()
    """`wandb`, `mlflow`, `tensorboard`; each needs the extra of its name."""
    project: TextLine = "partsight"
    """Project (Weights & Biases) or experiment (MLflow)."""
    wandb_mode: Literal["offline", "online"] = "offline"
    """`offline` writes below `runs/tracking/wandb`, to be sent later with `wandb sync` if you wish; `online` needs WANDB_API_KEY."""
    mlflow_uri: Annotated[str, Field(pattern=r"^(https?://\S+)?$", max_length=2000)] = ""
    """Address of an MLflow server (http or https), which is told all figures and your login to it; empty for the file
    `runs/tracking/mlflow.db`. As trusted as a script: asked about once (docs/background/security.md)."""
