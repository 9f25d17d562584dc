"""The labeling page with its store and its proposer, served until it is stopped."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from partsight.config.sections.photos import PhotosSection
from partsight.dataset.photos import session_of
from partsight.errors import DatasetError, StorageError
from partsight.labels.store import open_label_store, session_of_key
from partsight.pipeline.photos.proposals import PhotoProposer, find_newest_checkpoint
from partsight.pipeline.running.workspace import Workspace

_FOLDER_PATTERN = PhotosSection().session_pattern


@dataclass(frozen=True, slots=True)
class LabelJob:
    """What is labeled, with which classes, and where the page is served."""

    photos: Path
    class_names: tuple[str, ...]
    """Those of the recipe or said by the user; the folder's own come before them."""
    workspace: Workspace | None = None
    """Where detectors are looked for; None: none propose."""
    port: int = 0
    """0: any free one."""
    session_pattern: str = _FOLDER_PATTERN
    """Regular expression on a photo's path, whose groups name its session, as in the recipe (`photos.session_pattern`)."""


def serve_labeling(job: LabelJob, tell: Callable[[str, Sequence[str]], None], say: Callable[[str], None]) -> None:
    """Serve the page until interrupted; `tell` gets the link and the classes once it can be opened, `say` what is wrong.

    Raises DatasetError without photos or classes, StorageError when the folder is labeled elsewhere or the port is taken.
    """
    from partsight.photos.label_page.server import make_app
    from partsight.web.access import Access, new_token
    from partsight.web.serving import listen, page_server

    with _claimed(job.photos):
        store = open_label_store(job.photos, job.class_names, partial(_session, pattern=job.session_pattern))
        checkpoint = find_newest_checkpoint(job.workspace, store.class_names) if job.workspace else None
        proposer = PhotoProposer(store, checkpoint)
        proposer.start()
        asked = Access(port=job.port, token=new_token(), page="label")
        listener = listen(asked.host, asked.port)
        access = replace(asked, port=listener.getsockname()[1])
        tell(f"http://{access.host}:{access.port}/?token={access.token}", store.class_names)
        page_server(make_app(store, proposer, access), listener, say=say).run()


def _session(key: str, pattern: str) -> str:
    """Return the recipe's session of a photo; its folder where the pattern does not match, as a new photo's name need not."""
    try:
        return session_of(key, pattern)
    except DatasetError:
        return session_of_key(key)


@contextmanager
def _claimed(photos: Path) -> Iterator[None]:
    if not photos.is_dir():
        raise StorageError(f"{photos}: no such folder. Bring photos in first: partsight photos add.")
    try:
        with FileLock(photos / ".labeling.lock", timeout=0):
            yield
    except Timeout as error:
        raise StorageError(
            f"{photos}: is being labeled by another partsight process. Use its page, or stop it."
        ) from error
