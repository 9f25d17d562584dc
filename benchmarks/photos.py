"""How fast frames are picked from a video, in how much memory, and whether they are better than frames at even steps.

    python benchmarks/photos.py --size 1920 1080 --seconds 30
    python benchmarks/photos.py --pictures FOLDER    # instead: how much blur is found in pans over real pictures

The video is made here: a camera that rests, walks past a scene of blocks, and is blurred by motion in 4 stretches of 10 to 60 frames,
H.264 at 30 frames per second. What is blurred is therefore known.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageFilter
from scipy.ndimage import uniform_filter1d
from tables import machine

from partsight.photos.decoding import Video
from partsight.photos.footage import PreviewFrame
from partsight.photos.measuring import Measurement, measure
from partsight.photos.picking import find_sharp, pick
from partsight.photos.stills import small_gray
from partsight.pictures import list_pictures, read_picture
from partsight.pipeline.photos.add import IntakeJob, add_photos
from partsight.progress import Silence

RATE = 30
NUM_PICKED = 40
BLURRED = ((0.10, 10), (0.35, 25), (0.55, 60), (0.85, 40))
"""Where a stretch starts, as a share of the video, and its number of frames."""


def main() -> None:
    arguments = parse()
    if arguments.pictures is not None:
        blur_found(arguments.pictures)
        return
    width, height = arguments.size
    num_frames = arguments.seconds * RATE
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write(path, width, height, num_frames)
        print(f"{machine()}, PyAV {av.__version__}")
        print(f"{width} × {height}, {num_frames} frames, {path.stat().st_size / 1e6:.0f} MB\n")
        measurements = speeds(path, Path(folder) / "photos", num_frames)
        print(f"\npeak memory of `partsight photos add` {peak_mib(path, Path(folder) / 'again'):.0f} MiB")
    quality(measurements, blurred_frames(num_frames))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs=2, default=(1920, 1080), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--pictures", type=Path)
    return parser.parse_args()


def speeds(path: Path, photos: Path, num_frames: int) -> list[Measurement]:
    print("| step | frames per second | s |\n|---|---|---|")
    timed("decode alone", num_frames, lambda: decode(path))
    measurements = timed(
        "decode and measure", num_frames, lambda: [measure(g) for g in Video(path).preview_frames(print)]
    )
    timed(f"pick {NUM_PICKED}", num_frames, lambda: pick(measurements, NUM_PICKED))
    job = IntakeJob(photos, "bench", None, NUM_PICKED)
    timed("photos add, all in all", num_frames, lambda: add_photos([path], job, Silence()))
    return measurements


def timed(name: str, num_frames: int, work: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = work()
    elapsed_s = time.perf_counter() - started
    print(f"| {name} | {num_frames / elapsed_s:.0f} | {elapsed_s:.2f} |")
    return result


def decode(path: Path) -> None:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for _ in container.decode(video=0):
            pass


def peak_mib(path: Path, photos: Path) -> float:
    """Return the peak memory of the command in a process of its own (Linux)."""
    arguments = ["photos", "add", str(path), "--session", "bench", "--photos", str(photos)]
    code = f"from partsight.cli.app import run; run({arguments}); print(open('/proc/self/status').read())"
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return next(int(line.split()[1]) for line in shown.splitlines() if line.startswith("VmHWM")) / 1024


def quality(measurements: list[Measurement], blurred: set[int]) -> None:
    picked = [measurement.number for measurement in pick(measurements, NUM_PICKED).picked]
    even = np.linspace(0, len(measurements) - 1, NUM_PICKED).round().astype(int).tolist()
    print("\n| way | pictures | blurred | pairs closer than 0.1 | smallest difference |\n|---|---|---|---|---|")
    for name, numbers in (("picked", picked), ("even steps", even)):
        looks = np.stack([measurements[number].look.astype(np.float32) for number in numbers])
        distances = np.linalg.norm(looks[:, None] - looks[None], axis=2)[np.triu_indices(len(numbers), 1)]
        counts = f"{len(numbers)} | {len(blurred & set(numbers))} | {(distances < 0.1).sum()}"
        print(f"| {name} | {counts} | {distances.min():.3f} |")


def blurred_frames(num_frames: int) -> set[int]:
    return {int(share * num_frames) + step for share, length in BLURRED for step in range(length)}


def blur_found(folder: Path) -> None:
    """Cut three pans of 3 s each after one another, 8 times; a stretch of each is smeared along its motion, all frames have noise."""
    paths = list_pictures(folder)
    print(
        "| smear, of the width | blurred frames left out | sharp frames left out | blurred among the picked |\n|---|---|---|---|"
    )
    for smear_px in (4, 8, 16):
        generator = np.random.default_rng(1)
        counts = np.zeros(6, int)
        for first in range(0, 72, 9):
            clips = [pan(paths[(first + 11 * step) % len(paths)], smear_px, generator) for step in range(3)]
            frames = [frame for clip in clips for frame in clip]
            measurements = [
                measure(PreviewFrame(number, number / RATE, small_gray(image)))
                for number, (image, _) in enumerate(frames)
            ]
            truth = np.array([is_blurred for _, is_blurred in frames])
            is_sharp = find_sharp(measurements)
            picked = [measurement.number for measurement in pick(measurements, NUM_PICKED).picked]
            counts += [
                *((~is_sharp & truth).sum(), truth.sum(), (~is_sharp & ~truth).sum(), (~truth).sum()),
                *(truth[picked].sum(), len(picked)),
            ]
        shares = " | ".join(f"{counts[k]} of {counts[k + 1]}" for k in (0, 2, 4))
        print(f"| {100 * smear_px / 960:.1f} % | {shares} |")


def pan(path: Path, smear_px: int, generator: np.random.Generator) -> list[tuple[np.ndarray, bool]]:
    """Return 3 s of a camera that moves over a picture, 960 pixels wide, and which frames are smeared."""
    picture = Image.fromarray(read_picture(path))
    scene = np.asarray(picture.resize((1280, max(540, round(picture.height * 1280 / picture.width)))))[:540]
    start, length = int(generator.integers(5, 50)), int(generator.integers(10, 60))
    frames = []
    for number in range(3 * RATE):
        image = scene[:, 3 * number : 3 * number + 960].astype(np.float32)
        is_blurred = start <= number < start + length
        image = uniform_filter1d(image, smear_px, axis=1) if is_blurred else image
        noisy = np.clip(image + generator.normal(0, 2.5, image.shape), 0, 255)
        frames.append((noisy.astype(np.uint8), is_blurred))
    return frames


def write(path: Path, width: int, height: int, num_frames: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "23"}
        for image in walk(width, height, num_frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())


def walk(width: int, height: int, num_frames: int) -> Iterator[np.ndarray]:
    """Yield frames: at rest in every second quarter, else moving right; blurred stretches smear along the motion."""
    scene = blocks(3 * width, height)
    blurred = blurred_frames(num_frames)
    left = 0.0
    for number in range(num_frames):
        is_moving = (8 * number // num_frames) % 2 == 1
        left += 4 * width / num_frames * is_moving
        start = min(int(left), 2 * width)
        image = scene[:, start : start + width]
        yield smeared(image) if number in blurred else np.ascontiguousarray(image)


def smeared(image: np.ndarray) -> np.ndarray:
    radius = image.shape[1] / 300
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).filter(ImageFilter.BoxBlur((radius, 1))))


def blocks(width: int, height: int) -> np.ndarray:
    generator = np.random.default_rng(0)
    layers = []
    for step in (240, 60, 12):
        small = generator.integers(0, 256, (height // step + 1, width // step + 1, 3), np.uint8)
        layers.append(small.repeat(step, 0).repeat(step, 1)[:height, :width])
    return (0.5 * layers[0] + 0.3 * layers[1] + 0.2 * layers[2]).astype(np.uint8)


if __name__ == "__main__":
    main()
