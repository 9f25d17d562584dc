"""Open Image Denoise (https://www.openimagedenoise.org, Intel): takes the grain of few samples out of path-traced light.

Guided by albedo and normals, so that textures and edges stay. One denoiser serves one process; equal input gives equal output
on any number of threads.
"""

from types import TracebackType
from typing import Any, Self

import numpy as np

from partsight.errors import RenderError
from partsight.structures.arrays import Float32Array

MARGIN_PX = 16
"""Mirrored around the picture: the network errs at borders."""


class Denoiser:
    """Holds the device and one filter for each picture size; a context manager, so that its memory is returned."""

    def __init__(self, num_threads: int) -> None:
        self._library = _load()
        self._device = self._library.Device(self._library.OIDN_DEVICE_TYPE_CPU)
        self._device.set_int("numThreads", num_threads)
        self._device.set_bool("setAffinity", False)  # noqa: FBT003  # the library's own signature
        self._device.commit()
        self._check()
        self._filters: dict[tuple[int, ...], tuple[Any, dict[str, Float32Array]]] = {}

    def denoise(self, radiance: Float32Array, albedo: Float32Array, normals: Float32Array) -> Float32Array:
        """Return (H, W, 3) radiance without grain; albedo in 0…1, normals in −1…1, zero where there is no surface."""
        images = {"color": radiance, "albedo": np.clip(albedo, 0.0, 1.0), "normal": normals}
        height, width, _ = radiance.shape
        clean, buffers = self._filter((height + 2 * MARGIN_PX, width + 2 * MARGIN_PX, 3))
        for name, image in images.items():
            np.copyto(buffers[name], np.pad(image, ((MARGIN_PX, MARGIN_PX), (MARGIN_PX, MARGIN_PX), (0, 0)), "reflect"))
        clean.execute()
        self._check()
        inside = buffers["output"][MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
        result: Float32Array = np.maximum(inside, 0.0)
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for clean, _ in self._filters.values():
            clean.release()
        self._filters.clear()
        self._device.release()

    def _filter(self, shape: tuple[int, ...]) -> tuple[Any, dict[str, Float32Array]]:
        """Return the filter for pictures of a shape, with the buffers it reads and writes."""
        if shape not in self._filters:
            library = self._library
            kinds = {
                "color": library.OIDN_IMAGE_COLOR,
                "albedo": library.OIDN_IMAGE_ALBEDO,
                "normal": library.OIDN_IMAGE_NORMAL,
                "output": library.OIDN_IMAGE_OUTPUT,
            }
            buffers = {name: np.zeros(shape, np.float32) for name in kinds}
            clean = library.Filter(self._device, library.OIDN_FILTER_TYPE_RT)
            for name, kind in kinds.items():
                clean.set_image(kind, buffers[name], library.OIDN_FORMAT_FLOAT3)
            clean.set_bool("hdr", True)  # noqa: FBT003
            clean.commit()
            self._check()
            self._filters[shape] = (clean, buffers)
        return self._filters[shape]

    def _check(self) -> None:
        message = self._device.get_error()
        if message is not None:
            raise RenderError(f"Open Image Denoise: {message}. Set render.denoise = false to go on without it.")


def denoiser_version() -> str:
    """Return the version of the installed library. Raises RenderError when there is none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pyoidn")
    except PackageNotFoundError as error:
        raise RenderError(
            "render.denoise needs Open Image Denoise: pip install 'partsight[denoise]', or set it to false."
        ) from error


def _load() -> Any:
    denoiser_version()
    import pyoidn

    return pyoidn
