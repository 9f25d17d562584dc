"""`partsight live`: a camera, the parts in it, and a page in the browser."""

import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import PhotosOption, RecipeOption

if TYPE_CHECKING:
    from partsight.config.sections.live import LiveSection
    from partsight.web.access import Access

EVERYWHERE = "0.0.0.0"  # noqa: S104 - asked for, and guarded by a token


def live(
    model: Annotated[Path, typer.Argument(help="A model folder, made by 'partsight export'.")],
    camera: Annotated[
        str,
        typer.Option(
            "--camera", help="Number of a camera, rtsp or http address, a video file, or 'phone': that of a phone."
        ),
    ] = "0",
    *,
    loop: Annotated[bool, typer.Option("--loop", help="Play a video file again and again.")] = False,
    host: Annotated[
        str | None,
        typer.Option(
            "--host", help="Address to listen on: 127.0.0.1, this machine alone; with --camera phone 0.0.0.0, all."
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8420,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="PARTSIGHT_TOKEN",
            help="Secret that pages and programs must know; made anew for each start where others reach the page.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A name under which a proxy reaches this. May be repeated.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="Certificate (PEM) for https.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="Its key (PEM).")] = None,
    tls_self_signed: Annotated[
        bool,
        typer.Option(
            "--tls-self-signed", help="https with a certificate of this machine's own; given with --camera phone."
        ),
    ] = False,
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
    pose: Annotated[
        bool,
        typer.Option("--pose", help="Draw the CAD model's edges over each part, turned as it is, with its sub-parts."),
    ] = False,
    calibration: Annotated[
        Path | None,
        typer.Option(
            "--calibration",
            help="JSON file with width, height, fx, fy, cx, cy of the camera, for --pose; otherwise an estimate.",
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Watch a camera and show its parts on a page in the browser. Stop with Ctrl+C."""
    from partsight.deploy.live.phone.camera import PHONE
    from partsight.deploy.model import load
    from partsight.deploy.posing import asked_calibration
    from partsight.pipeline.delivery.live import LiveJob, open_live
    from partsight.pipeline.photo_folders import photos_folder
    from partsight.pipeline.photos.snapshots import SnapshotKeeper

    console = open_console(stderr=log == Path("-"))
    known = asked_calibration(calibration, for_poses=pose)
    access = _access(host or (EVERYWHERE if camera == PHONE else "127.0.0.1"), port, token, allow_host)
    keeper = SnapshotKeeper(photos_folder(photos, recipe), session or f"live-{datetime.now().astimezone():%Y-%m-%d}")
    read = partial(load, model, runtime=runtime, threads=threads, image_size=image_size)
    job = LiveJob(
        model=read(),
        load=read,
        camera=camera,
        access=access,
        threshold=threshold,
        loops=loop,
        keeper=keeper,
        log=log,
        webhook=webhook,
        tls_cert=tls_cert,
        tls_key=tls_key,
        section=_section(recipe),
        history=recipe.parent / "checks",
        has_poses=pose,
        calibration=known,
        is_self_signed=tls_self_signed or (camera == PHONE and tls_cert is None and not access.is_local),
    )

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    server = open_live(job, say)
    _tell_links(server.station.links, say, with_code=not access.is_local)
    if open_page:
        webbrowser.open(server.link)
    server.run()


def _section(recipe: Path) -> "LiveSection":
    """Return zones, lines and kits of the recipe; none where there is no recipe."""
    from partsight.config.loading import read_recipe
    from partsight.config.sections.live import LiveSection

    return read_recipe(recipe, []).live if recipe.is_file() else LiveSection()


def _access(host: str, port: int, token: str | None, names: Sequence[str] | None) -> "Access":
    """Return who may ask; where others than this machine can, a token is made if none is given."""
    from partsight.web.access import Access, new_token

    local = Access(host, port, token, tuple(names or ()))
    access = local if local.is_local or token is not None else replace(local, token=new_token())
    access.check()
    return access


def _tell_links(links: Sequence[str], say: Callable[[str], None], *, with_code: bool) -> None:
    """Print the links, the best first, and a code to be photographed with a phone."""
    from partsight.web.reach.qr import qr_text

    say(f"live page: {links[0]}")
    for link in links[1:]:
        say(f"       or: {link}")
    if with_code:
        say(qr_text(links[0]))
