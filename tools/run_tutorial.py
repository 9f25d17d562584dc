"""Follow the tutorial as a reader would: run its commands, put its lines into the recipe, keep the output of each command.

    python tools/run_tutorial.py FOLDER             # follow it in a new folder, only say what happens
    python tools/run_tutorial.py FOLDER --rewrite   # and write the outputs into the page

Commands that serve a page are stopped with Ctrl+C once they have printed its link.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tutorial" / "index.md"
BLOCK = re.compile(r"```(?P<language>console|toml)\n(?P<text>.*?)```", re.DOTALL)
PROMPT = "$ "
SERVING = ("partsight live", "partsight photos label")
LINK = re.compile(r"https?://\S+")
PROGRESS = re.compile(r"^\S[^:]*: .*(\d+/\d+|\d+ %|about .* left)")
"""A line that tells how far something has come; only the last of a row is of interest."""
FIRST_LINES, LAST_LINES, SERVED_WITHIN_S = 5, 13, 120

Served = Callable[[str, str], None]
"""What to do while a page is served, given the command and the page's link."""


@dataclass
class Reader:
    """Somebody at a terminal who follows the page."""

    folder: Path
    """Where the terminal is."""
    changes: dict[str, str] = field(default_factory=dict)
    """Texts of the page that this reader types differently."""
    served: Served = lambda _command, _link: None

    def follow(self, page: str) -> str:
        """Return the page with the real output below its commands. Raises SystemExit when a command fails."""
        home = self.folder
        return BLOCK.sub(self._follow_block, page).replace(f"{home}/", "")

    def _follow_block(self, block: re.Match[str]) -> str:
        if block["language"] == "toml":
            add_to_recipe(self.folder / "recipe.toml", self.changed(block["text"]))
            return block[0]
        lines = [line for line in block["text"].splitlines() if line.startswith(PROMPT)]
        return "```console\n" + "".join(f"{line}\n{shortened(self.type(line))}" for line in lines) + "```"

    def changed(self, text: str) -> str:
        """Return what is typed for a text of the page."""
        for theirs, ours in self.changes.items():
            text = text.replace(theirs, ours)
        return text

    def type(self, line: str) -> str:
        """Run a line of the page and return its output."""
        command = self.changed(line.removeprefix(PROMPT))
        print(f"{time.strftime('%H:%M:%S')} {command}", flush=True)
        if command.startswith(SERVING):
            return self._serve(command)
        where = self.folder / ".where"
        script = f"{{ {command}\n}} && pwd > {where}"
        done = run_in_shell(script, self.folder)
        if done.returncode:
            raise SystemExit(f"exit code {done.returncode}: {command}\n{done.stdout}")
        self.folder = Path(where.read_text().strip())
        where.unlink()
        return done.stdout

    def _serve(self, command: str) -> str:
        no_open = " --no-open" if "label" in command else ""
        with subprocess.Popen(
            in_shell(f"exec {command}{no_open}"), cwd=self.folder, env=environment(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            said: list[str] = []
            for line in process.stdout or ():
                said.append(line)
                if found := LINK.search(line):
                    self.served(command, found[0])
                    process.send_signal(signal.SIGINT)
                    break
            rest, _ = process.communicate(timeout=SERVED_WITHIN_S)
        if not any(LINK.search(line) for line in said):
            raise SystemExit(f"no page was served: {command}\n{''.join(said)}{rest}")
        return LINK.sub(lambda link: re.sub(r"=[\w-]{16,}", "=…", link[0]), "".join(said))


def run_in_shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        in_shell(script), cwd=folder, env=environment(), text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def in_shell(script: str) -> list[str]:
    return ["/bin/bash", "-c", script]


def environment() -> dict[str, str]:
    """Return the reader's surroundings: a terminal of 100 columns, and this Python's programs."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PATH": path, "PYTHONUNBUFFERED": "1"}


def add_to_recipe(recipe: Path, text: str) -> None:
    """Put each table's lines below its heading, which is added where it is not there yet."""
    content = recipe.read_text(encoding="utf-8")
    for heading, body in tables_of(text):
        there = re.search(rf"(?m)^\[{re.escape(heading)}\].*\n", content)
        content = (
            f"{content[: there.end()]}{body}{content[there.end() :]}" if there else f"{content}[{heading}]\n{body}"
        )
    recipe.write_text(content, encoding="utf-8")


def tables_of(text: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"(?ms)^\[([\w.]+)\]\n(.*?)(?=^\[|\Z)", text):
        yield found[1], found[2]


def shortened(output: str) -> str:
    """Return the lines that a reader looks at: the last of each row of progress, and the ends of what is long."""
    lines = [line.rstrip() for line in output.splitlines()]
    told = [line for line, following in pairwise([*lines, ""]) if not is_overtaken(line, following)]
    told = [line for line in told if line]
    if len(told) > FIRST_LINES + LAST_LINES:
        told = [*told[:FIRST_LINES], "…", *told[-LAST_LINES:]]
    return "".join(f"{line}\n" for line in told)


def is_overtaken(line: str, following: str) -> bool:
    """Return whether a line of progress is followed by one of the same thing."""
    both = bool(PROGRESS.match(line) and PROGRESS.match(following))
    return both and line.partition(":")[0] == following.partition(":")[0]


def prepare(folder: Path) -> Path:
    """Make a folder that looks like a clone from within."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("src", "tools"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rewrite", action="store_true")
    arguments = parser.parse_args()
    followed = Reader(prepare(arguments.folder.resolve())).follow(PAGE.read_text(encoding="utf-8"))
    if arguments.rewrite:
        PAGE.write_text(followed, encoding="utf-8")


if __name__ == "__main__":
    main()
