"""What a noun does for a person although it knows NumPy only: a room above offers it, imported when it is first asked for."""

from importlib import import_module
from typing import Any


def offered(room: str, name: str) -> Any:
    """Return what a room above the nouns offers, for instance ('notebook.tables', 'detections_table')."""
    return getattr(import_module(f"partsight.{room}"), name)


def html_of(noun: object, room: str, name: str) -> str:
    """Return how a notebook shows a noun: a piece of HTML that needs no script and no network."""
    shown: str = offered(f"notebook.{room}", name)(noun)
    return shown
