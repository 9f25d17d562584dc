"""Which Mitsuba variant works on this machine: CUDA, LLVM or plain C++.

A libLLVM that does not fit raises nothing: it aborts the process. So each candidate draws a tiny scene in a child
process, and the answer is remembered in the user's cache folder for this machine, this Mitsuba and these library files.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from partsight.errors import RenderError, StorageError
from partsight.extras import install_command
from partsight.files import hash_json, read_json, write_json

VARIANTS = ("cuda_ad_rgb", "llvm_ad_rgb", "scalar_rgb")
"""From fast to slow; `auto` takes the first that works."""

_LLVM_PATH = "DRJIT_LIBLLVM_PATH"
_LLVM_PATTERNS = (
    "usr/lib/*/libLLVM*.so*",
    "usr/lib/llvm*/lib/libLLVM*.so*",
    "usr/lib64/libLLVM*.so*",
    "usr/lib64/llvm*/lib*/libLLVM*.so*",
    "usr/local/lib/libLLVM*.so*",
    "opt/homebrew/opt/llvm*/lib/libLLVM*.dylib",
    "usr/local/opt/llvm*/lib/libLLVM*.dylib",
)
_PROBE_LIMIT_S = 120
_PROBE = """
import sys
import mitsuba as mi
mi.set_variant(sys.argv[1])
scene = mi.load_dict({"type": "scene", "light": {"type": "constant"}, "ball": {"type": "sphere", "center": [0, 0, 4]},
                      "sensor": {"type": "perspective", "film": {"type": "hdrfilm", "width": 8, "height": 8}},
                      "integrator": {"type": "path"}})
mean = mi.render(scene, spp=1).numpy().mean()
sys.exit(0 if 0.1 < mean < 10.0 else 3)
"""


def choose_variant(wanted: str) -> str:
    """Return the variant to draw with, and let this process find the libLLVM it needs.

    `auto` takes the fastest that works here. Raises RenderError when Mitsuba is missing or the variant does not work.
    """
    if wanted != "auto" and wanted not in VARIANTS:
        raise RenderError(f"render.variant: found {wanted!r}, expected auto, {', '.join(VARIANTS)}")
    for variant in VARIANTS if wanted == "auto" else (wanted,):
        settings = _working_settings(variant)
        if settings is not None:
            os.environ.update(settings)
            return variant
    raise RenderError(
        f"render.variant: {wanted} does not draw on this machine ({_requirement(wanted)}); use auto or scalar_rgb"
    )


@cache
def mitsuba_version() -> str:
    """Return the version of the installed Mitsuba. Raises RenderError when there is none."""
    try:
        return version("mitsuba")
    except PackageNotFoundError as error:
        raise RenderError(f"the renderer mitsuba is not installed; run: {install_command('mitsuba')}") from error


def find_llvm_libraries(root: Path = Path("/")) -> list[Path]:
    """Return the libLLVM files in the usual places, newest version first, each file once."""
    found = {path.resolve() for pattern in _LLVM_PATTERNS for path in root.glob(pattern)}
    return sorted((path for path in found if path.is_file()), key=_version_in_name, reverse=True)


def does_draw(variant: str, settings: Mapping[str, str]) -> bool:
    """Return whether a child process with these environment variables draws a tiny scene and survives."""
    command = [sys.executable, "-P", "-c", _PROBE, variant]
    environment = {**os.environ, **settings}
    try:
        child = subprocess.run(command, env=environment, capture_output=True, timeout=_PROBE_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return child.returncode == 0


@cache
def _working_settings(variant: str) -> dict[str, str] | None:
    """Return the environment variables with which the variant draws here; None if it does not."""
    candidates = _candidates(variant)
    if variant == "scalar_rgb" or not candidates:
        mitsuba_version()
        return next(iter(candidates), None)
    memory, key = _memory_file(), _memory_key(variant, candidates)
    remembered = _read_memory(memory)
    if key not in remembered:
        remembered[key] = next((settings for settings in candidates if does_draw(variant, settings)), None)
        with suppress(StorageError):  # a memory that cannot be kept costs time, nothing else
            write_json(memory, remembered)
    return remembered[key]


def _candidates(variant: str) -> list[dict[str, str]]:
    """Return the environments worth a try, best first."""
    if variant == "scalar_rgb":
        return [{}]
    if variant == "cuda_ad_rgb":
        return [{}] if _has_nvidia_driver() else []
    if os.environ.get(_LLVM_PATH):
        return [{_LLVM_PATH: os.environ[_LLVM_PATH]}]
    return [{_LLVM_PATH: str(path)} for path in find_llvm_libraries()]


def _has_nvidia_driver() -> bool:
    return bool(shutil.which("nvidia-smi")) or any(Path(node).exists() for node in ("/dev/nvidiactl", "/dev/dxg"))


def _version_in_name(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", path.name))


def _memory_file() -> Path:
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache_home) / "partsight" / "mitsuba_variants.json"


def _memory_key(variant: str, candidates: list[dict[str, str]]) -> str:
    """Name the question: an update of Mitsuba or of a library, or another machine, asks it anew."""
    libraries = [settings.get(_LLVM_PATH, "") for settings in candidates]
    stamps = [Path(library).stat().st_mtime_ns if Path(library).is_file() else 0 for library in libraries]
    return f"{variant} {mitsuba_version()} {platform.node()} {hash_json([libraries, stamps, platform.machine()])}"


def _read_memory(memory: Path) -> dict[str, dict[str, str] | None]:
    with suppress(StorageError, OSError):
        content = read_json(memory)
        if isinstance(content, dict):
            return content
    return {}


def _requirement(variant: str) -> str:
    if variant == "cuda_ad_rgb":
        return "it needs an NVIDIA GPU and its driver"
    return f"it needs libLLVM 17 or newer, for example Debian's libllvm19; {_LLVM_PATH} may name the file"
