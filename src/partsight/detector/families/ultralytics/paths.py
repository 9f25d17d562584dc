"""Paths, taken by the library as they are.

Its names of files may be addresses, which it mends and cuts: an apostrophe falls out, a question mark ends the name, `%2F` becomes a
slash, `yolov5n` becomes `yolov5nu`. A file that exists needs none of that, whatever the folders above it are called.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PACKAGE = "ultralytics"


def take_paths_as_they_are() -> None:
    """Let the library open and check files that exist under their very names; others it treats as before."""
    from ultralytics.utils import checks, downloads

    _replace(checks.check_file, _found)
    _replace(checks.check_suffix, _nothing)
    _replace(downloads.attempt_download_asset, _found)


def _replace(original: Callable[..., Any], answer: Callable[[str], Any]) -> None:
    """Put a careful version in the place of a function, in each module of the library that has imported it."""
    if getattr(original, "__module__", None) == __name__:
        return  # replaced before

    @functools.wraps(original)
    def careful(file: Any, *arguments: Any, **options: Any) -> Any:
        return answer(str(file)) if _is_there(file) else original(file, *arguments, **options)

    name = original.__name__
    careful.__module__ = __name__
    for module in [module for title, module in sys.modules.items() if title.partition(".")[0] == _PACKAGE]:
        if getattr(module, name, None) is original:
            setattr(module, name, careful)


def _is_there(file: Any) -> bool:
    return isinstance(file, str | Path) and Path(file).exists()


def _found(file: str) -> str:
    return file


def _nothing(_file: str) -> None:
    """A file that exists has the suffix that it has; what cannot be read says so when it is read."""
