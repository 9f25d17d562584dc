"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

RecipeOption: TypeAlias = Annotated[Path, typer.Option("--recipe", "-r", help="The recipe to follow.")]
SetOption: TypeAlias = Annotated[
    list[str] | None, typer.Option("--set", help="Change one key, as in --set render.count=200. May be repeated.")
]
PhotosOption: TypeAlias = Annotated[
    Path | None, typer.Option("--photos", help="The photos folder; else the recipe's, or 'photos' beside it.")
]
OutOption: TypeAlias = Annotated[
    Path | None, typer.Option("--out", help="Folder for everything made; by default 'runs' beside the recipe.")
]
BackgroundOption: TypeAlias = Annotated[
    bool, typer.Option("--background", help="Work at low priority, so that other programs stay quick.")
]
YesOption: TypeAlias = Annotated[
    bool, typer.Option("--yes", help="Weights may be fetched from their makers, without a question (train.weights).")
]
MinutesOption: TypeAlias = Annotated[
    float | None, typer.Option("--minutes", help="Minutes that it may take: numbers follow from it (budget.minutes).")
]
