"""The live page under measurement: frames and delay beside Ultralytics on the same film, many viewers, and a camera that fails.

python benchmarks/live.py [--weights yolov8n.pt] [--seconds 30] [--load-seconds 60 --viewers 20 --clients 5] [--cuts 10]

The film is made here (1080p, 30 frames per second, H.264). `partsight live` runs as its own process; a page's part is played by a
client that answers each message as a browser does, without drawing. Delay is from the decoded frame to the answer of that client.
Ultralytics reads the same film with predict(stream=True), which takes every frame as fast as it can; what its delay would be before a
camera is told by how far it falls behind 30 frames per second. All traffic stays on this machine.
"""

import argparse
import http.server
import io
import json
import re
import socketserver
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from deploy import CLASSES, make_checkpoint
from PIL import Image as PillowImage
from tables import machine
from websockets.sync.client import connect

import partsight
from partsight.deploy.description import FORMAT, ModelDescription, PartCard
from partsight.deploy.frame_source import read_frames
from partsight.deploy.model_folder import network_entry, write_description, written_folder
from partsight.detector.detector import open_family

SIZE_WH, RATE = (1920, 1080), 30
SIZES = (640, 416)
NUM_CUT_BYTES = 400_000
MOST_GROWTH = 1.1
"""Of memory from the middle of the load to its end."""
COLUMNS = (
    "input", "live frames/s", "delay p50", "p95", "p95 of the last fifth", "file, ours", "file, Ultralytics",
    "Ultralytics behind a camera after 60 s",
)  # fmt: skip


def main() -> None:
    given = parse()
    print(f"{machine()}\n")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        film = write_film(folder / "film.mp4", given.film_seconds)
        models = {size: write_model(folder / f"model{size}", given.weights, size, folder) for size in SIZES}
        if given.seconds:
            show_speed(models, film, given, folder)
        problems = []
        if given.load_seconds:
            problems += show_load(models[min(SIZES)], film, given)
        if given.cuts:
            problems += show_faults(models[min(SIZES)], given, folder)
    sys.exit("\n".join(problems) or 0)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="scratch", help="weights of yolov8n; speed is the same from scratch")
    parser.add_argument("--film-seconds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30, help="of the live page at each size; 0 leaves this out")
    parser.add_argument("--load-seconds", type=float, default=60)
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--clients", type=int, default=5)
    parser.add_argument("--cuts", type=int, default=10)
    return parser.parse_args()


# ---- what is watched


def write_film(path, seconds, size_wh=SIZE_WH, kind="mp4"):
    """Film a pan over blocks and noise."""
    width, height = size_wh
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 255, (height // 40, width // 20, 3), np.uint8)
    wide = np.asarray(PillowImage.fromarray(blocks).resize((2 * width, height), PillowImage.Resampling.BICUBIC))
    noise = rng.integers(-12, 12, (height, width, 1), np.int16)
    with av.open(str(path), "w", format="mpegts" if kind == "ts" else None) as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(seconds * RATE):
            left = (number * 4) % width
            frame = wide[:, left : left + width].astype(np.int16) + np.roll(noise, number * 7, axis=1)
            picture = av.VideoFrame.from_ndarray(np.clip(frame, 0, 255).astype(np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def write_model(path, weights, size, scratch):
    """Export a network of 80 classes as a model folder."""
    checkpoint = make_checkpoint("yolov8n", weights, scratch / f"checkpoint{size}")
    description = json.loads((checkpoint.path / "model.json").read_text())
    (checkpoint.path / "model.json").write_text(json.dumps({**description, "image_size": size}))
    with written_folder(path) as folder:
        exported = open_family("ultralytics").export(checkpoint, "onnx", folder)
        content = ModelDescription(
            kind="partsight-model",
            format=FORMAT,
            name=f"yolov8n {size}",
            class_names=CLASSES,
            spec=exported.spec,
            threshold=0.3,
            threshold_source="given",
            networks={"onnx": network_entry(folder, exported.path)},
            parts=tuple(PartCard(name=name) for name in CLASSES),
            license=exported.license,
            provenance={},
        )
        write_description(folder, content)
    return path


# ---- the server and who asks it


@contextmanager
def served(model, camera, *options):
    """Run `partsight live` and give its address."""
    command = [sys.executable, "-m", "partsight", "live", str(model), "--camera", str(camera), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        found = next(match for line in process.stdout if (match := re.search(r"http://(\S+?)/", line)))
        threading.Thread(target=process.stdout.read, daemon=True).start()  # or a full pipe would stop the server
        yield found.group(1)
    finally:
        process.terminate()
        process.wait(20)


def ask(address, path, body=None):
    request = urllib.request.Request(f"http://{address}{path}", body)
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
        return answer.read()


def figures(address):
    lines = ask(address, "/metrics").decode().splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


def watch(address, seconds):
    """Be a page for so long; return (when, delay) of each look, in seconds."""
    seen = []
    with connect(f"ws://{address}/view", max_size=None) as socket:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = socket.recv(10)
            (length,) = struct.unpack(">I", message[:4])
            header = json.loads(message[4 : 4 + length])
            socket.send(str(header.get("look", -1)))
            if "look" in header:
                now_s = time.monotonic()
                seen.append((now_s, now_s - header["captured_s"]))
    return seen


# ---- speed


def show_speed(models, film, given, folder):
    print(f"| {' | '.join(COLUMNS)} |")
    print("|" + "---|" * len(COLUMNS))
    for size, model in models.items():
        with served(model, film, "--loop") as address:
            watch(address, 3)  # warm
            seen = watch(address, given.seconds)
        delays = np.array([delay for _, delay in seen]) * 1000
        rate = (len(seen) - 1) / (seen[-1][0] - seen[0][0])
        ours, theirs = file_rate(model, film), ultralytics_rate(folder, size, film, given.weights)
        behind = max(0.0, 60 * (1 - theirs / RATE))
        last = np.percentile(delays[-len(delays) // 5 :], 95)
        cells = f"{np.median(delays):.0f} ms | {np.percentile(delays, 95):.0f} ms | {last:.0f} ms"
        print(f"| {size} px | {rate:.1f} | {cells} | {ours:.1f} | {theirs:.1f} | {behind:.0f} s |", flush=True)


def file_rate(model, film):
    """Frames per second of `partsight.load(…).detect` over the film."""
    loaded = partsight.load(model)
    frames = read_frames(str(film), print)
    loaded.detect(next(frames).image)
    started, count = time.monotonic(), 0
    for frame in frames:
        loaded.detect(frame.image)
        count += 1
    return count / (time.monotonic() - started)


def ultralytics_rate(folder, size, film, weights):
    """Frames per second of predict(stream=True) over the film, in a process of its own, as a user would start it."""
    program = (
        "import sys, time; from ultralytics import YOLO; model = YOLO(sys.argv[1]); started, count = 0, 0\n"
        "for result in model.predict(sys.argv[2], stream=True, imgsz=int(sys.argv[3]), conf=0.1, device='cpu', verbose=False):\n"
        "    count += 1; started = started or time.monotonic()\n"
        "print((count - 1) / (time.monotonic() - started))"
    )
    model = weights if weights != "scratch" and weights.endswith(".pt") else "yolov8n.yaml"
    given = [sys.executable, "-c", program, model, str(film), str(size)]
    answer = subprocess.run(given, capture_output=True, text=True, check=False, cwd=folder)
    with suppress(ValueError, IndexError):
        return float(answer.stdout.split()[-1])
    print(answer.stderr[-500:])
    return float("nan")


# ---- load


def show_load(model, film, given):
    """Viewers and programs at once."""
    crowd = Crowd(given.load_seconds)
    with served(model, film, "--loop") as address:
        watch(address, 5)
        before = figures(address)["partsight_memory_bytes"]
        threads = [threading.Thread(target=crowd.view, args=(address,)) for _ in range(given.viewers)]
        threads += [threading.Thread(target=crowd.post, args=(address,)) for _ in range(given.clients)]
        for thread in threads:
            thread.start()
        time.sleep(given.load_seconds / 2)
        middle = figures(address)["partsight_memory_bytes"]
        for thread in threads:
            thread.join()
        after = figures(address)["partsight_memory_bytes"]
    memory = " → ".join(f"{value / 2**20:.0f}" for value in (before, middle, after))
    print(f"\nload: {given.viewers} viewers, {given.clients} programs, {given.load_seconds:.0f} s, {min(SIZES)} px")
    each = crowd.counts["looks"] / given.viewers / given.load_seconds
    print(f"  {dict(crowd.counts)}; {each:.1f} frames/s for each viewer")
    print(f"  memory {memory} MiB (before, in the middle, after); errors: {dict(crowd.errors) or 'none'}")
    grown = after > MOST_GROWTH * middle
    return [f"under load: {error}" for error in crowd.errors] + (["under load: memory grows"] if grown else [])


class Crowd:
    """Pages and programs that ask for so long, each in a thread; counts what they get."""

    def __init__(self, seconds):
        self.seconds, self.counts, self.errors = seconds, Counter(), Counter()
        stream = io.BytesIO()
        picture = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
        PillowImage.fromarray(picture).save(stream, "JPEG")
        self.jpeg = stream.getvalue()

    def view(self, address):
        """Be a page."""
        try:
            self.counts["looks"] += len(watch(address, self.seconds))
        except Exception as error:  # noqa: BLE001 - counted and told
            self.errors[f"viewer: {error!r}"] += 1

    def post(self, address):
        """Be a program that sends pictures one after the other."""
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            try:
                ask(address, "/detect", self.jpeg)
                self.counts["detect"] += 1
            except urllib.error.HTTPError as error:
                self.counts[f"detect answered {error.code}"] += 1
                time.sleep(0.2)
            except OSError as error:
                self.errors[f"program: {error!r}"] += 1


# ---- faults


class Cuts(http.server.BaseHTTPRequestHandler):
    """Streams a film at about its own rate, damaged, and hangs up in the middle; every third time at another size."""

    films: tuple[bytes, ...] = ()
    num_served = 0

    def do_GET(self):
        """Answer with some of a film."""
        Cuts.num_served += 1
        content = bytearray(self.films[Cuts.num_served % 3 == 0])
        rng = np.random.default_rng(Cuts.num_served)
        for place in rng.integers(20_000, len(content), 40):
            content[place] ^= 0x55
        self.send_response(200)
        self.send_header("Content-Type", "video/mp2t")
        self.end_headers()
        with suppress(OSError):
            for start in range(0, min(len(content), NUM_CUT_BYTES), 20_000):
                self.wfile.write(content[start : start + 20_000])
                time.sleep(0.03)

    def log_message(self, *_arguments):
        """Say nothing."""


def show_faults(model, given, folder):
    """A stream that is cut again and again, with damaged frames and a changing size; a page stays open all the while."""
    sizes = ((1280, 720), (640, 480))
    Cuts.films = tuple(write_film(folder / f"film{n}.ts", 3, size, "ts").read_bytes() for n, size in enumerate(sizes))
    Cuts.num_served = 0
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Cuts) as camera:
        threading.Thread(target=camera.serve_forever, daemon=True).start()
        with served(model, f"http://127.0.0.1:{camera.server_address[1]}/film.ts") as address:
            started, looks = time.monotonic(), 0
            while Cuts.num_served <= given.cuts and time.monotonic() - started < 20 * given.cuts:
                looks += len(watch(address, 2))
            found = figures(address)
        camera.shutdown()
    print(f"\nfaults: {Cuts.num_served} times streamed, damaged and cut in {time.monotonic() - started:.0f} s")
    print(f"  {looks} looks reached the page; {found['partsight_camera_losses_total']:.0f} losses noticed")
    print(f"  memory {found['partsight_memory_bytes'] / 2**20:.0f} MiB")
    is_done = Cuts.num_served > given.cuts and looks > given.cuts
    return [] if is_done else [f"faults: only {Cuts.num_served} of {given.cuts} streams and {looks} looks came through"]


if __name__ == "__main__":
    main()
