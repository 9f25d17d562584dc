"""Path-traced pictures by Cycles, Blender's renderer: a reference for the look and the speed of the others.

Blender works in a program of its own, so that its Python, its NumPy and its license (GPL) stay there; scenes go over as .npz files.
"""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from partsight.config.sections.render import RenderSection
from partsight.errors import RenderError
from partsight.render.backdrop import backdrop_radiance
from partsight.render.surfaces import Surface, SurfaceCache, wall_opacity
from partsight.scratch import scratch_folder
from partsight.structures.arrays import Float32Array
from partsight.structures.world.material import Material, linear_from_srgb
from partsight.structures.world.rendering import Rendering
from partsight.structures.world.scene import Scene

_PROGRAM = Path(__file__).with_name("blender_program.py")
_ANSWER = "partsight:"


def open_backend(section: RenderSection, num_threads: int) -> "BlenderRenderer":
    """Start Blender. Raises RenderError when there is none."""
    return BlenderRenderer(section, num_threads)


class BlenderRenderer:
    """Draws scenes with Cycles in one child process."""

    def __init__(self, section: RenderSection, num_threads: int) -> None:
        self._section, self._num_threads = section, num_threads
        self._surfaces = SurfaceCache()
        self._program = _Program(_command(section.blender))
        self.variant = f"cycles-{self._program.blender_version}/cpu"

    def render(self, scene: Scene) -> Rendering:
        """Draw one scene. Raises RenderError when Blender cannot."""
        rgba = self._program.draw(self._described(scene))
        return Rendering(rgba[..., :3] + (1 - rgba[..., 3:]) * backdrop_radiance(scene))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.close()

    def _described(self, scene: Scene) -> Mapping[str, Any]:
        """Return everything the program needs, as arrays."""
        intrinsics = scene.camera.intrinsics
        surfaces = self._surfaces.surfaces(scene)
        described = {
            "size_wh": intrinsics.size_wh,
            "focal_px": intrinsics.focal_px,
            "principal_point_px": intrinsics.principal_point_px,
            "world_from_camera": scene.camera.world_from_camera,
            "environment": scene.environment.radiance,
            "lamp_positions_m": np.array([lamp.position_m for lamp in scene.lamps], float).reshape(-1, 3),
            "lamp_radii_m": np.array([lamp.radius_m for lamp in scene.lamps], float),
            "lamp_radiances": np.array([lamp.radiance for lamp in scene.lamps], float).reshape(-1, 3),
            "samples_per_pixel": self._section.samples_per_pixel,
            "max_depth": self._section.max_depth,
            "seed": scene.render_seed % 2**31,
            "num_threads": self._num_threads,
            "num_surfaces": len(surfaces),
        }
        for number, surface in enumerate(surfaces):
            described |= {f"{name}_{number}": values for name, values in _described_surface(surface).items()}
        return described


class _Program:
    """Our program running in Blender: a scene file in, a picture file out."""

    def __init__(self, command: list[str]) -> None:
        self._held = ExitStack()
        self._folder = self._held.enter_context(scratch_folder("blender"))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=self._folder,
        )
        self.blender_version = self._answer().removeprefix("ready ")

    def draw(self, described: Mapping[str, Any]) -> Float32Array:
        """Return the (H, W, 4) linear picture, premultiplied. Raises RenderError."""
        path = self._folder / "scene.npz"
        np.savez(path, **described)
        with suppress(BrokenPipeError):  # that it has died is told by its missing answer
            print(path, file=self._process.stdin, flush=True)
        said = self._answer()
        if said != "drawn":
            raise RenderError(f"Blender could not draw the scene: {said.removeprefix('failed ')}")
        return _read_rgba(path.with_suffix(".exr"))

    def close(self) -> None:
        """End the program and remove its files."""
        with suppress(BrokenPipeError), self._process:  # closing sends what a program that has died has not read
            self._process.communicate("\n")
        self._held.close()

    def _answer(self) -> str:
        """Return what the program says next, past Blender's own chatter. Raises RenderError when it has died."""
        for line in self._process.stdout or ():
            if line.startswith(_ANSWER):
                return line.removeprefix(_ANSWER).strip()
        self.close()
        raise RenderError(
            f"Blender ended with code {self._process.returncode} without an answer; run by hand to see why: "
            f"{shlex.join(self._process.args)}"  # type: ignore[arg-type]
        )


def _described_surface(surface: Surface) -> Mapping[str, Any]:
    material = surface.material
    described = {
        "vertices": surface.vertices_m,
        "normals": surface.normals,
        "uvs": surface.uvs,
        "triangles": surface.triangles,
        "material": np.array([*material.base_color, *_metallic_roughness(material), wall_opacity(material)]),
    }
    if material.texture is not None:
        linear = linear_from_srgb(material.texture.image_rgb / 255.0) * material.base_color
        described["texture"] = linear.astype(np.float32)
    return described


def _metallic_roughness(material: Material) -> tuple[float, float]:
    """Return the material's values; of a texture that has its own, their mean: Blender gets no map of them."""
    if material.texture is None or material.texture.metallic_roughness is None:
        return material.metallic, material.roughness
    metallic, roughness = (material.texture.metallic_roughness.mean(axis=(0, 1)) / 255).tolist()
    return metallic, roughness


def _read_rgba(path: Path) -> Float32Array:
    import OpenEXR

    with OpenEXR.File(str(path)) as file:
        rgba: Float32Array = np.array(file.channels()["RGBA"].pixels, dtype=np.float32)
    return rgba


def _command(wanted: str) -> list[str]:
    """Return the command that runs our program in Blender. Raises RenderError when there is no Blender."""
    program = wanted or _found_program()
    if shutil.which(program) is None:
        raise RenderError(
            f"render.blender: there is no program {program!r}; name Blender's executable, or a Python that has bpy "
            "(python -m venv blender && blender/bin/pip install bpy)"
        )
    if "python" in Path(program).name:
        return [program, str(_PROGRAM)]
    return [program, "--background", "--factory-startup", "--python-exit-code", "1", "--python", str(_PROGRAM)]


def _found_program() -> str:
    if find_spec("bpy"):
        return sys.executable
    if shutil.which("blender"):
        return "blender"
    raise RenderError(
        "render.renderer is blender, but neither the program `blender` nor the package bpy is here; install one of them and "
        "name it in render.blender, or set render.renderer to mitsuba"
    )
