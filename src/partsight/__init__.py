"""Partsight turns the CAD models of custom-built parts into a camera that recognises those parts."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partsight.deploy.model import load as load

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def __getattr__(name: str) -> Any:
    """Import what is public when it is first used, so that `import partsight` stays light."""
    if name != "load":
        raise AttributeError(f"module 'partsight' has no attribute {name!r}")
    from partsight.deploy.model import load

    return load
