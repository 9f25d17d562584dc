"""Where a libLLVM may be: the compiler that Mitsuba's fast CPU variant loads. Only the machine is looked at, no library is opened."""

import os
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

LLVM_PATH = "DRJIT_LIBLLVM_PATH"
"""The environment variable that names a library."""
LLVM_PACKAGE = "karellen-llvm-core"
"""A wheel with a libLLVM, for Linux on x86-64; it comes with the extra [render]."""

_NAME = re.compile(r"libLLVM(-[\d.]+)?\.(so[\d.]*|dylib)|LLVM-C\.dll")
_COMPANIONS = ("libunwind.so.1.0", "libc++abi.so.1.0", "libc++.so.1.0")
_IN_PREFIX = ("lib/libLLVM*", "Library/bin/LLVM-C.dll")
"""Of virtual and of conda environments."""
_IN_SYSTEM = (
    "usr/lib/libLLVM*",
    "usr/lib/*/libLLVM*",
    "usr/lib/llvm*/lib/libLLVM*",
    "usr/lib64/libLLVM*",
    "usr/lib64/llvm*/lib*/libLLVM*",
    "usr/local/lib/libLLVM*",
    "opt/homebrew/opt/llvm*/lib/libLLVM*",
    "usr/local/opt/llvm*/lib/libLLVM*",
    "Program Files/LLVM/bin/LLVM-C.dll",
)
_HOW_TO_INSTALL = {
    ("Linux", ""): "apt install libllvm19, or conda install -c conda-forge libllvm19",
    ("Darwin", ""): "brew install llvm",
    ("Windows", ""): "winget install LLVM.LLVM (LLVM's own installer)",
}


def named_library() -> Path | None:
    """Return the library that the user names in the environment; None for none."""
    named = os.environ.get(LLVM_PATH)
    return Path(named) if named else None


def find_llvm_libraries(root: Path = Path("/"), prefix: Path = Path(sys.prefix)) -> list[Path]:
    """Return the libLLVM files: that of the wheel, those of this Python's environment, the system's; newest first, each once."""
    places = (_packaged(), _matching(prefix, _IN_PREFIX), _matching(root, _IN_SYSTEM))
    newest_first = (path for found in places for path in sorted(found, key=_version_in_name, reverse=True))
    return list(dict.fromkeys(newest_first))


def companions_of(library: Path) -> list[Path]:
    """Return the C++ library that a wheel lays beside its libLLVM, in the order of loading.

    The names under which libLLVM asks for it are links, which pip does not make: what was loaded before answers to them.
    """
    folders = (library.parent, *sorted(library.parent.glob("*-linux-gnu")))
    return [path for name in _COMPANIONS for folder in folders if (path := folder / name).is_file()]


def how_to_install_llvm(system: str = "", machine: str = "") -> str:
    """Return the command that brings a libLLVM onto a machine, by default onto this one."""
    system, machine = system or platform.system(), machine or platform.machine()
    command = _HOW_TO_INSTALL.get((system, machine)) or _HOW_TO_INSTALL.get((system, ""))
    return command or f"install LLVM 17 or newer, and name its library in {LLVM_PATH}"


def _packaged() -> set[Path]:
    """Return the wheel's library, wherever pip laid it."""
    try:
        recorded = files(LLVM_PACKAGE) or []
    except PackageNotFoundError:
        return set()
    located = (Path(str(one.locate())).resolve() for one in recorded if _NAME.fullmatch(one.name))
    return {path for path in located if path.is_file()}


def _matching(folder: Path, patterns: tuple[str, ...]) -> set[Path]:
    """Return the files behind names and links; libraries that only begin like it, such as libLLVMSPIRVLib, are none."""
    named = (path for pattern in patterns for path in folder.glob(pattern) if _NAME.fullmatch(path.name))
    return {path for one in named if (path := one.resolve()).is_file()}


def _version_in_name(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", path.name))
