"""A film in which a red square moves and a blue one stands, and a detector that truly finds them."""

import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from scipy import ndimage

from partsight.deploy.description import FORMAT, Document, ModelDescription, NetworkFile, PartCard
from partsight.deploy.model import Model
from partsight.deploy.model_folder import ModelFolder, write_description
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask
from partsight.structures.network import NetworkSpec

NAMES = ("square", "post")
SIZE_WH = (320, 240)
SCORES = (0.9, 0.5)
POST = (240, 40, 280, 100)


def square_box(number):
    """Return where the red square is in a frame; it goes to and fro, so that a film that begins again shows no jump."""
    left = 20 + 3 * min(number % 40, -number % 40)
    return left, 120, left + 60, 180


def film(num_frames):
    """Return frames in which both are seen."""
    ground = np.full((SIZE_WH[1], SIZE_WH[0], 3), 120, np.uint8)
    ground[::8] = 90
    frames = []
    for number in range(num_frames):
        frame = ground.copy()
        for box, color in ((square_box(number), (220, 20, 20)), (POST, (20, 20, 220))):
            frame[box[1] : box[3], box[0] : box[2]] = color
        frames.append(frame)
    return frames


class ColorDetector:
    """Finds each thing that is red and each that is blue; what is smaller is a trace of compression."""

    class_names = NAMES

    def __init__(self, delay_s=0.0, *, finds_masks=False):
        self.delay_s, self.finds_masks = delay_s, finds_masks

    def detect(self, images, min_score, max_detections):
        time.sleep(self.delay_s)
        return [self._detect(image.astype(int), min_score, max_detections) for image in images]

    def _detect(self, image, min_score, max_detections):
        boxes, scores, kinds, masks = [], [], [], []
        for kind, (channel, other) in enumerate(((0, 2), (2, 0))):
            numbered, _ = ndimage.label((image[..., channel] > 150) & (image[..., other] < 90))
            for number, (rows, columns) in enumerate(ndimage.find_objects(numbered), start=1):
                side = min(rows.stop - rows.start, columns.stop - columns.start)
                if side > 9 and SCORES[kind] >= min_score and len(scores) < max_detections:
                    boxes.append((columns.start, rows.start, columns.stop, rows.stop))
                    scores.append(SCORES[kind])
                    kinds.append(kind)
                    masks.append(Mask.of(numbered == number))
        seen = tuple(masks) if self.finds_masks else None
        return Detections(np.array(boxes, float).reshape(-1, 4), np.array(scores), np.array(kinds, int), seen)


def color_model(path: Path) -> Model:
    """Return a model folder with cards around the detector; its network file is named but never opened."""
    (path / "documents").mkdir(parents=True)
    (path / "documents" / "square.txt").write_text("how to mount the square")
    (path / "documents" / "square.html").write_text("<script>document.title='run'</script>")
    PillowImage.new("RGB", (64, 64), "red").save(path / "square.png")
    (path / "model.onnx").write_bytes(b"secret")
    documents = (
        Document(title="Mounting", path="documents/square.txt"),
        Document(title="Page", path="documents/square.html"),
        Document(title="Wiki", url="https://example.org/square"),
    )
    square = PartCard(
        name="square", description="Four corners", picture="square.png", documents=documents, details={"serial": "4711"}
    )
    spec = NetworkSpec(
        image_size=320,
        stride=32,
        is_rectangular=True,
        padding_value=114,
        pixel_mean=(0, 0, 0),
        pixel_scale=(255, 255, 255),
        output="candidates",
        nms_iou=0.7,
    )
    description = ModelDescription(
        kind="partsight-model",
        format=FORMAT,
        name="colors",
        class_names=NAMES,
        spec=spec,
        threshold=0.4,
        threshold_source="validation",
        networks={"onnx": NetworkFile(path="model.onnx", sha256="", bytes=6)},
        parts=(square, PartCard(name="post")),
        license="none",
        provenance={},
    )
    write_description(path, description)
    return Model(ModelFolder(path, description), ColorDetector())


@contextmanager
def running(live):
    """Run an opened live server in a thread until the test is done."""
    thread = threading.Thread(target=live.run)
    thread.start()
    try:
        wait_for(lambda: live.page.has_started, 20)
        yield live
    finally:
        live.page.stop()
        thread.join(20)
        assert not thread.is_alive()


def wait_for(condition, seconds=10.0):
    """Wait until a condition holds and return its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return value


class CutStream:
    """A server on loopback that streams a file's bytes to whoever asks, and can be cut and damaged."""

    def __init__(self, content):
        self.content, self.num_served = content, 0
        self.is_up = True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}/film.ts"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._listener.close()

    def _run(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                if self.is_up:
                    self._serve(connection)

    def _serve(self, connection):
        connection.recv(4096)
        self.num_served += 1
        try:
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n")
            for start in range(0, len(self.content), 20_000):
                connection.sendall(self.content[start : start + 20_000])
                time.sleep(0.02)
        except OSError:
            return
