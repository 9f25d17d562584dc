"""Photos and films that a phone sends: received on a page of its own, looked through as they come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from partsight.errors import PhotosError
from partsight.photos.storage import check_session
from partsight.pipeline.photos.add import IntakeJob, add_photos
from partsight.progress import Progress

if TYPE_CHECKING:
    from partsight.photos.receive_page.server import Receiver

RECEIVED = ".received"
"""Folder of the photos folder for what was sent and not yet looked through; what a killed run left there is taken up."""
EVERYWHERE = "0.0.0.0"  # noqa: S104 - with a token and TLS


@dataclass(frozen=True, slots=True)
class ReceiveJob:
    """Where photos go, and who may send them."""

    photos: Path
    session: str
    class_names: tuple[str, ...] = ()
    host: str = EVERYWHERE
    port: int = 0
    max_frames: int = 40


def serve_receiving(
    job: ReceiveJob, tell: Callable[[Sequence[str]], None], say: Callable[[str], None], progress: Progress
) -> int:
    """Serve the page until interrupted, and return how many pictures came in; `tell` gets the links, the best first.

    Other machines reach it by TLS with this machine's own certificate and a token of this run.
    Raises PhotosError for a session that is none, StorageError when the port is taken.
    """
    from partsight.photos.receive_page.server import Receiver, make_app
    from partsight.web.access import Access, new_token
    from partsight.web.connections import UPLOADING
    from partsight.web.reach.addresses import links
    from partsight.web.reach.own_tls import own_tls
    from partsight.web.serving import listen, page_server

    check_session(job.session)
    asked = Access(job.host, job.port, new_token(), is_tls=job.host == EVERYWHERE, page="receive")
    tls = own_tls((), say) if asked.is_tls else None
    listener = listen(asked.host, asked.port)
    access = replace(asked, port=listener.getsockname()[1])
    receiver = Receiver(job.photos / RECEIVED / job.session, lambda path: _take_in(path, job, progress))
    page = page_server(
        make_app(receiver, job.session, access, job.class_names), listener, say=say, tls=tls, limits=UPLOADING
    )
    tell(links(access))
    receiver.start()
    try:
        page.run()
    finally:
        _finish(receiver, say)
    return receiver.tally.num_pictures


def _take_in(path: Path, job: ReceiveJob, progress: Progress) -> int:
    intake = add_photos([path], IntakeJob(job.photos, job.session, max_frames=job.max_frames), progress)
    if intake.problems:
        raise PhotosError("; ".join(intake.problems))
    return intake.num_added


def _finish(receiver: "Receiver", say: Callable[[str], None]) -> None:
    if receiver.tally.num_waiting:
        say(f"{receiver.tally.num_waiting} files are still looked through …")
    receiver.finish()
