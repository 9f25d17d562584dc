"""`partsight photos`: photographs and their labels."""

import typer

from partsight.cli.photos import add as photos_add
from partsight.cli.photos import check as photos_check
from partsight.cli.photos import exchange as photos_exchange
from partsight.cli.photos import fit_camera as photos_fit
from partsight.cli.photos import label as photos_label
from partsight.cli.photos import receive as photos_receive
from partsight.cli.photos import suggest as photos_suggest

app = typer.Typer(
    name="photos", help="Photographs: bring in frames and labels, label them, hand them on.", no_args_is_help=True
)
app.command("add")(photos_add.add_photos)
app.command("receive")(photos_receive.receive_photos)
app.command("label")(photos_label.label_photos)
app.command("check")(photos_check.check_photos)
app.command("fit-camera")(photos_fit.fit_camera)
app.command("suggest")(photos_suggest.suggest_photos)
app.command("import")(photos_exchange.import_labels)
app.command("export")(photos_exchange.export_labels)
