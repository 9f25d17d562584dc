"""`partsight app`: everything in the browser."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import open_console


def app_page(
    folder: Annotated[Path, typer.Argument(help="The project folder; a new one is begun.")] = Path(),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the link without opening a browser.")] = False,
) -> None:
    """From STEP files to a live camera in the browser, on this machine only. Stop with Ctrl+C; jobs go on."""
    from partsight.app.project import open_project
    from partsight.app.server import open_app
    from partsight.web.access import Access

    console = open_console()

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    server = open_app(open_project(folder), Access(port=port), say)
    say(f"app: {server.link}")
    if not no_open:
        webbrowser.open(server.link)
    server.run()
