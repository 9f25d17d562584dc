"""`partsight photos receive`: photos and films from a phone of this network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import PhotosOption, RecipeOption
from partsight.cli.show.progress import TerminalProgress


def receive_photos(
    session: Annotated[str, typer.Option("--session", help="Session they belong to: one place on one day.")],
    photos: PhotosOption = None,
    recipe: RecipeOption = Path("recipe.toml"),
    host: Annotated[str, typer.Option("--host", help="Address to listen on; by default all of this machine.")] = "",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    max_frames: Annotated[int, typer.Option("--max-frames", min=1, help="Most frames of each film.")] = 40,
) -> None:
    """Let a phone send photos and films: scan the code, walk round the part. Stop with Ctrl+C; the link ends with it."""
    from partsight.pipeline.photo_folders import photos_folder
    from partsight.pipeline.photos.receive import EVERYWHERE, ReceiveJob, serve_receiving
    from partsight.web.reach.qr import qr_text

    console = open_console()

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    def tell(links: Sequence[str]) -> None:
        say(f"page for the phone: {links[0]}")
        for link in links[1:]:
            say(f"                or: {link}")
        say(qr_text(links[0]))

    job = ReceiveJob(photos_folder(photos, recipe), session, host=host or EVERYWHERE, port=port, max_frames=max_frames)
    num_pictures = serve_receiving(job, tell, say, TerminalProgress(console))
    say(f"{num_pictures} pictures of session {session} came in; label them: partsight photos label")
