"""`partsight live`: a camera, the parts in it, and a page in the browser."""

import webbrowser
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import PhotosOption, RecipeOption


def live(
    model: Annotated[Path, typer.Argument(help="A model folder, made by 'partsight export'.")],
    camera: Annotated[
        str, typer.Option("--camera", help="Number of a camera, rtsp or http address, or a video file.")
    ] = "0",
    *,
    loop: Annotated[bool, typer.Option("--loop", help="Play a video file again and again.")] = False,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; others than this machine need --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8420,
    token: Annotated[
        str | None, typer.Option("--token", envvar="PARTSIGHT_TOKEN", help="Secret that pages and programs must know.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A name under which a proxy reaches this. May be repeated.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="Certificate (PEM) for https.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="Its key (PEM).")] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Lowest score; by default the one chosen on validation pictures.")
    ] = None,
    image_size: Annotated[
        int | None, typer.Option("--imgsz", help="Input size; smaller is faster, by default as trained.")
    ] = None,
    runtime: Annotated[str, typer.Option(help="auto, onnx or openvino.")] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of the detector; 0 takes all free cores.")] = 0,
    photos: PhotosOption = None,
    recipe: RecipeOption = Path("recipe.toml"),
    session: Annotated[
        str | None, typer.Option("--session", help="Session of the snapshots; live- and the date.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option("--log", help="Append a JSON line for every part that appears or leaves; - prints.")
    ] = None,
    webhook: Annotated[str | None, typer.Option("--webhook", help="Post the same events to this address.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Watch a camera and show its parts on a page in the browser. Stop with Ctrl+C."""
    from partsight.deploy.model import load
    from partsight.pipeline.delivery.live import LiveJob, open_live
    from partsight.pipeline.photo_folders import photos_folder
    from partsight.pipeline.photos.snapshots import SnapshotKeeper
    from partsight.web.access import Access

    console = open_console(stderr=log == Path("-"))
    access = Access(host, port, token, tuple(allow_host or ()))
    access.check()
    keeper = SnapshotKeeper(photos_folder(photos, recipe), session or f"live-{datetime.now().astimezone():%Y-%m-%d}")
    job = LiveJob(
        model=load(model, runtime=runtime, threads=threads, image_size=image_size),
        camera=camera,
        access=access,
        threshold=threshold,
        loops=loop,
        keeper=keeper,
        log=log,
        webhook=webhook,
        tls_cert=tls_cert,
        tls_key=tls_key,
    )

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    server = open_live(job, say)
    say(f"live page: {server.link}")
    if open_page:
        webbrowser.open(server.link)
    server.run()
