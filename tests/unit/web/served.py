"""A small page in a process of its own, with few file descriptors, and crowds of clients on loopback."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

PAGE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[1])))
import asyncio
from pathlib import Path
from fastapi import FastAPI, Request, Response, WebSocket
from partsight.web.connections import ConnectionLimits
from partsight.web.serving import Tls, listen, page_server

app = FastAPI()

@app.get("/")
async def page():
    return "hello"

@app.get("/large")
async def large():
    return Response(bytes(20_000_000))

@app.get("/slow")
async def slow():
    await asyncio.sleep(3)
    return "at last"

@app.post("/")
async def take(request: Request):
    return len(await request.body())

@app.websocket("/view")
async def view(socket: WebSocket):
    await socket.accept()
    while True:
        await socket.send_text(await socket.receive_text())

listener = listen("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
limits = ConnectionLimits(**eval(sys.argv[2]))
tls = Tls(Path(sys.argv[3]), Path(sys.argv[4])) if len(sys.argv) > 3 else None
page_server(app, listener, say=lambda text: print("SAID", text, flush=True), limits=limits, tls=tls).run()
"""


class Served:
    """The process, its address and what it said."""

    def __init__(self, process, out):
        self.process, self._out = process, out
        end = time.monotonic() + 60
        while not self.said():
            assert time.monotonic() < end, "not within a minute"
            time.sleep(0.05)
        self.port = int(self.said()[0])

    def said(self):
        return self._out.read_text().splitlines()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, path="/", **options):
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10, **options)

    def num_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))  # noqa: PTH208


@contextlib.contextmanager
def served(*, files=1024, tls=(), **limits):
    """Run the page with so many file descriptors."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [sys.executable, "-c", PAGE, str(files), repr(limits), *map(str, tls)]
        with out.open("wb") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
        try:
            yield Served(process, out)
        finally:
            process.kill()
            process.wait()


def crowd(page, number, said=b""):
    """Hold so many connections that have said only this."""
    return crowd_at(page.port, number, said)


@contextlib.contextmanager
def crowd_at(port, number, said=b""):
    """Hold so many connections to a port that have said only this."""
    with contextlib.ExitStack() as stack:
        held = []
        for _ in range(number):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            with contextlib.suppress(OSError):
                one.sendall(said)
            held.append(one)
        yield held
