"""Which Mitsuba variant works on this machine: CUDA, LLVM or plain C++.

A libLLVM that does not fit raises nothing: it aborts the process. So each candidate draws a tiny scene in a child
process, and the answer is remembered in the user's cache folder for this machine, this Mitsuba and this library file.
"""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
import warnings
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from partsight.errors import MachineWarning, RenderError, StorageError, first_of
from partsight.extras import install_command
from partsight.files import hash_json, read_json, write_json
from partsight.render.llvm_library import (
    LLVM_PATH,
    companions_of,
    find_llvm_libraries,
    how_to_install_llvm,
    named_library,
)

VARIANTS = ("cuda_ad_rgb", "llvm_ad_rgb", "scalar_rgb")
"""From fast to slow; `auto` takes the first that works."""

NO_LIBRARY = Path()
"""Of variants that need none."""
OLDEST = 17
"""Major version of the oldest libLLVM that Mitsuba's kernels fit: older ones draw small scenes and abort on larger ones."""
_PROBE_LIMIT_S = 120
_PROBE = """
import ctypes
import sys
for companion in sys.argv[2:]:
    ctypes.CDLL(companion)
import mitsuba as mi
mi.set_variant(sys.argv[1])
scene = mi.load_dict({"type": "scene", "light": {"type": "constant"}, "ball": {"type": "sphere", "center": [0, 0, 4]},
                      "sensor": {"type": "perspective", "film": {"type": "hdrfilm", "width": 8, "height": 8}},
                      "integrator": {"type": "path"}})
mean = mi.render(scene, spp=1).numpy().mean()
sys.exit(0 if 0.1 < mean < 10.0 else 3)
"""


def choose_variant(wanted: str) -> str:
    """Return the variant to draw with, and let this process and its children find the libLLVM they need.

    `auto` takes the fastest that works here, and warns where a library that the user names does not. Raises RenderError when
    Mitsuba is missing or the wanted variant does not work.
    """
    if wanted != "auto" and wanted not in VARIANTS:
        raise RenderError(f"render.variant: found {wanted!r}, expected auto, {', '.join(VARIANTS)}")
    mitsuba_version()
    named = named_library()
    for variant in VARIANTS if wanted == "auto" else (wanted,):
        libraries = _libraries(variant, named, is_strict=wanted != "auto")
        fit = next((library for library in libraries if _draws(variant, library)), None)
        if fit is not None and not (variant == "llvm_ad_rgb" and _is_too_late(wanted)):
            if wanted == "auto" and named is not None and variant != "cuda_ad_rgb" and fit != named:
                _warn_unfit(named, fit)
            _use(_best_library() if variant == "scalar_rgb" else fit)
            return variant
    raise RenderError(
        f"render.variant: {wanted} does not draw on this machine ({_requirement(wanted)}); use auto or scalar_rgb"
    )


def _best_library() -> Path:
    """Return the library that the fast variant would take: Dr.Jit loads one with its import, for any variant and for good."""
    libraries = () if "drjit" in sys.modules else _libraries("llvm_ad_rgb", named_library(), is_strict=False)
    return next((library for library in libraries if _draws("llvm_ad_rgb", library)), NO_LIBRARY)


def _is_too_late(wanted: str) -> bool:
    """Return whether a program that imported Dr.Jit by itself let it load a libLLVM that aborts, and warn.

    Raises RenderError where no other variant may be taken.
    """
    drjit = sys.modules.get("drjit")
    if drjit is None or tuple(drjit.detail.llvm_version()) >= (OLDEST,):
        return False
    major = drjit.detail.llvm_version()[0]
    found = f"libLLVM {major}" if major > 0 else "no libLLVM"
    problem = f"Dr.Jit was imported before Partsight and has loaded {found}; the fast variant needs {OLDEST} or newer."
    remedy = f"Draw with Partsight before you import drjit or mitsuba, or name a library in {LLVM_PATH} before you start Python."
    if wanted != "auto":
        raise RenderError(f"render.variant: {problem} {remedy}")
    warnings.warn(f"{problem} Meanwhile the slow variant scalar_rgb is used. {remedy}", MachineWarning, stacklevel=3)
    return True


def _use(library: Path) -> None:
    """Let this process and its children load a library, and what belongs to it."""
    if library == NO_LIBRARY:
        return
    os.environ[LLVM_PATH] = str(library)
    for companion in companions_of(library):
        ctypes.CDLL(str(companion))


def explain_speed() -> str:
    """Return what keeps a fast CPU variant from working here, and what to do; empty where one works. Slow on the first call."""
    named = named_library()
    libraries = _libraries("llvm_ad_rgb", named, is_strict=False)
    unfit = [library for library in libraries if not _draws("llvm_ad_rgb", library)]
    if len(unfit) < len(libraries):
        return _told_unfit(named) if named is not None and named in unfit else ""
    tried = f"{first_of([str(one) for one in unfit])}: {OLDEST} or newer is needed. " if unfit else ""
    return f"{tried}{how_to_install_llvm()}; {LLVM_PATH} may name its file"


@cache
def mitsuba_version() -> str:
    """Return the version of the installed Mitsuba. Raises RenderError when there is none."""
    try:
        return version("mitsuba")
    except PackageNotFoundError as error:
        raise RenderError(f"the renderer mitsuba is not installed; run: {install_command('mitsuba')}") from error


def does_draw(variant: str, library: Path) -> bool:
    """Return whether a child process with this libLLVM draws a tiny scene and survives."""
    command = [sys.executable, "-P", "-c", _PROBE, variant, *map(str, companions_of(library))]
    environment = {**os.environ, LLVM_PATH: str(library)}
    try:
        child = subprocess.run(command, env=environment, capture_output=True, timeout=_PROBE_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return child.returncode == 0


def _libraries(variant: str, named: Path | None, *, is_strict: bool) -> list[Path]:
    """Return the libraries worth a try, best first; strictly, no other than the one that the user names."""
    if variant == "scalar_rgb":
        return [NO_LIBRARY]
    if variant == "cuda_ad_rgb":
        return [NO_LIBRARY] if _has_nvidia_driver() else []
    if named is None:
        return find_llvm_libraries()
    return [named] if is_strict else list(dict.fromkeys([named, *find_llvm_libraries()]))


@cache
def _draws(variant: str, library: Path) -> bool:
    """Return whether the variant draws with this library: remembered, or tried now."""
    if variant == "scalar_rgb":
        return True
    if library != NO_LIBRARY and not library.is_file():
        return False
    memory, key = _memory_file(), _memory_key(variant, library)
    remembered = _read_memory(memory)
    if not isinstance(remembered.get(key), bool):
        remembered[key] = does_draw(variant, library)
        with suppress(StorageError):  # a memory that cannot be kept costs time, nothing else
            write_json(memory, remembered)
    return remembered[key]


def _warn_unfit(named: Path, fit: Path) -> None:
    """Tell once that the user's library does not work, and take it out of the environment of worker processes."""
    os.environ.pop(LLVM_PATH)
    used = "the slow variant scalar_rgb" if fit == NO_LIBRARY else str(fit)
    warnings.warn(f"{_told_unfit(named)} Meanwhile {used} is used.", MachineWarning, stacklevel=3)


def _told_unfit(named: Path) -> str:
    problem = "no libLLVM that fits" if named.is_file() else "no such file"
    return f"{LLVM_PATH}: {named}: {problem}. Name libLLVM {OLDEST} or newer, or unset the variable."


def _has_nvidia_driver() -> bool:
    return bool(shutil.which("nvidia-smi")) or any(Path(node).exists() for node in ("/dev/nvidiactl", "/dev/dxg"))


def _memory_file() -> Path:
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache_home) / "partsight" / "mitsuba_variants.json"


def _memory_key(variant: str, library: Path) -> str:
    """Name the question: an update of Mitsuba or of the library, or another machine, asks it anew."""
    stamp = library.stat().st_mtime_ns if library.is_file() else 0
    return f"{variant} {mitsuba_version()} {platform.node()} {hash_json([str(library), stamp, platform.machine()])}"


def _read_memory(memory: Path) -> dict[str, bool]:
    with suppress(StorageError, OSError):
        content = read_json(memory)
        if isinstance(content, dict):
            return content
    return {}


def _requirement(variant: str) -> str:
    if variant == "cuda_ad_rgb":
        return "it needs an NVIDIA GPU and its driver"
    named = named_library()
    if named is not None:
        return _told_unfit(named)
    return f"it needs libLLVM {OLDEST} or newer: {how_to_install_llvm()}; {LLVM_PATH} may name the file"
