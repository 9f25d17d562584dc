"""A tab of headless Chromium, driven by its own protocol: real pointers, fingers and keys."""

import base64
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from contextlib import contextmanager

from websockets.sync.client import connect

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--mute-audio",
)
CODES = {
    "Delete": 46,
    "Tab": 9,
    "Enter": 13,
    "Escape": 27,
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "ArrowUp": 38,
    "ArrowDown": 40,
}


@contextmanager
def open_browser(program, folder, *options):
    command = [program, *QUIET, f"--user-data-dir={folder}", "--remote-debugging-port=0", *options, "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port_file = folder / "DevToolsActivePort"
        wait_for(lambda: port_file.is_file() and port_file.read_text().count("\n") >= 1, 30)
        yield int(port_file.read_text().split()[0])
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def open_tab(port, address, *, size_wh=(1280, 800), touch=False, dark=False):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own browser
        target = json.load(answer)
    with _closed_after(port, target["id"]), connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
        tab = Tab(socket)
        tab.send("Page.enable")
        tab.send(
            "Emulation.setDeviceMetricsOverride", width=size_wh[0], height=size_wh[1], deviceScaleFactor=1, mobile=touch
        )
        tab.send("Emulation.setTouchEmulationEnabled", enabled=touch)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.send("Emulation.setEmulatedMedia", features=[scheme])
        tab.send("Page.navigate", url=address)
        yield tab


@contextmanager
def _closed_after(port, identity):
    try:
        yield
    finally:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/close/{identity}", timeout=10):
            pass


class NavigatedError(AssertionError):
    """The page was left before it answered."""


class Tab:
    def __init__(self, socket):
        self.socket = socket
        self.numbers = itertools.count(1)

    def send(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv(timeout=30))
            if answer.get("id") == number:
                if "navigated" in answer.get("error", {}).get("message", ""):
                    raise NavigatedError(answer)
                assert "error" not in answer, answer
                return answer["result"]

    def value(self, expression):
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, expression, seconds=20):
        """Wait until it is true, through a reload that cuts off an answer."""
        wait_for(lambda: self._is_true_now(expression), seconds, expression)

    def _is_true_now(self, expression):
        try:
            return self.value(f"Boolean({expression})")
        except NavigatedError:
            return False

    def mouse(self, kind, x, y, **more):
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def drag(self, start, end):
        self.mouse("mousePressed", *start, button="left", buttons=1, clickCount=1)
        for share in (0.3, 0.7, 1.0):
            place = (a + (b - a) * share for a, b in zip(start, end, strict=True))
            self.mouse("mouseMoved", *place, button="left", buttons=1)
        self.mouse("mouseReleased", *end, button="left", buttons=0, clickCount=1)

    def touch(self, kind, *points):
        places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.send("Input.dispatchTouchEvent", type=kind, touchPoints=places)

    def key(self, key, modifiers=0):
        code = CODES.get(key, ord(key.upper()) if len(key) == 1 else 0)
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        common = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **common, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))


def wait_for(condition, seconds, what="condition"):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)
