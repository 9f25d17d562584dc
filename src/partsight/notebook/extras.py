"""Optional packages, imported when they are asked for."""

from importlib import import_module
from typing import Any

from partsight.errors import ExtraError
from partsight.extras import install_command


def need(package: str, purpose: str) -> Any:
    """Return an optional package, which is also the name of its extra. Raises ExtraError naming the command that installs it."""
    try:
        return import_module(package)
    except ImportError as error:
        raise ExtraError(
            f"{purpose} needs {package}, which cannot be imported ({error}). Install it: {install_command(package)}"
        ) from error
