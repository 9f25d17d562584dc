"""`partsight dataset`: the recipe's labeled pictures."""

import typer

from partsight.cli.dataset import export as dataset_export

app = typer.Typer(name="dataset", help="The recipe's labeled pictures: hand them on.", no_args_is_help=True)
app.command("export")(dataset_export.export_pictures)
