"""Rasterized pictures by VTK through PyVista: draft quality, many per second.

There are no shadows and no light from part to part. The picture comes back in 8 bits, so that light above twice diffuse
white is lost.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

import numpy as np

from partsight.config.sections.render import RenderSection
from partsight.errors import RenderError
from partsight.render.backdrop import backdrop_radiance
from partsight.render.reach import nearest_labeled_m
from partsight.render.surfaces import Surface, SurfaceCache, wall_opacity
from partsight.structures.arrays import Float32Array, Image
from partsight.structures.world.light import EnvironmentMap, Lamp
from partsight.structures.world.material import Material, Texture, linear_from_srgb, srgb_from_linear
from partsight.structures.world.rendering import Rendering
from partsight.structures.world.scene import Scene

_GAMMA = 2.2
"""VTK's physically based shader encodes pictures by this power."""
_HEADROOM = 2.0
"""How many times diffuse white the picture can hold."""
_DEEPEST = 1e6
"""Ratio of far and near plane at which near things are still told apart in depth."""
_PREFILTER_SAMPLES, _PREFILTER_LEVELS = 32, 4
_MESA_THREADS = "LP_NUM_THREADS"
"""What Mesa's software rasterizer reads; drivers of real GPUs do not."""


def open_backend(section: RenderSection, num_threads: int) -> "PyVistaRenderer":
    """Open an off-screen plotter. Raises RenderError when the extra [pyvista] is missing."""
    del section  # size and sampling are the scene's and the driver's
    os.environ.setdefault(_MESA_THREADS, str(num_threads))
    return PyVistaRenderer()


class PyVistaRenderer:
    """Draws scenes with one plotter, which is used again for every scene."""

    def __init__(self) -> None:
        self._pv = _imported_pyvista()
        self.variant = f"pyvista-{version('pyvista')}/vtk-{version('vtk')}"
        self._surfaces = SurfaceCache()
        self._plotter = _opened_plotter(self._pv)

    def render(self, scene: Scene) -> Rendering:
        """Draw one scene. Raises RenderError for a background of another size than the camera's."""
        backdrop = backdrop_radiance(scene)
        self._plotter.renderer.RemoveAllViewProps()
        self._plotter.remove_all_lights()
        for surface in _blending_order(self._surfaces.surfaces(scene), scene):
            self._plotter.renderer.AddActor(_actor(surface))
        for lamp in scene.lamps:
            self._plotter.add_light(_light(self._pv, lamp))
        self._plotter.renderer.SetEnvironmentTexture(_environment_texture(scene.environment))
        _aim(self._plotter, scene)
        return Rendering(_composed(_drawn_rgba(self._plotter), backdrop))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._plotter.close()


def _imported_pyvista() -> Any:
    try:
        import pyvista
    except ImportError as error:
        raise RenderError(
            "render.renderer is pyvista, but PyVista is not installed; run: pip install 'partsight[pyvista]', "
            "or set render.renderer to mitsuba"
        ) from error
    return pyvista


def _opened_plotter(pyvista: Any) -> Any:
    """Return an off-screen plotter without lights of its own; without a screen VTK falls back to EGL or OSMesa."""
    from vtkmodules.vtkCommonCore import vtkLogger

    _load_triton()
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_ERROR)  # it warns of each screen that it does not find
    plotter = pyvista.Plotter(off_screen=True, lighting="none")
    plotter.enable_anti_aliasing("msaa", multi_samples=4)
    renderer = plotter.renderer
    renderer.SetBackground(0.0, 0.0, 0.0)
    renderer.SetBackgroundAlpha(0.0)
    renderer.UseImageBasedLightingOn()
    renderer.SetEnvironmentRight(1.0, 0.0, 0.0)
    renderer.SetEnvironmentUp(0.0, 0.0, 1.0)
    renderer.GetEnvMapPrefiltered().SetPrefilterMaxSamples(_PREFILTER_SAMPLES)
    renderer.GetEnvMapPrefiltered().SetPrefilterLevels(_PREFILTER_LEVELS)
    return plotter


def _load_triton() -> None:
    """Load torch's compiler, where it is installed, before the first window loads Mesa's.

    Both bring an LLVM. Loaded after Mesa's, Triton takes that for its own, and a training in the same process dies (seen with
    Mesa 22.3 and Triton 3.8).
    """
    with suppress(ImportError):
        import_module("triton")


def _blending_order(surfaces: Sequence[Surface], scene: Scene) -> list[Surface]:
    """Return what is opaque first, then what is see-through, the farthest first: VTK blends in the order of its actors."""
    eye_m = scene.camera.world_from_camera[:3, 3]

    def order(surface: Surface) -> float:
        nearest_m = float(np.linalg.norm(surface.vertices_m - eye_m, axis=1).min())
        return -nearest_m if surface.material.is_see_through else -np.inf

    return sorted(surfaces, key=order)


def _actor(surface: Surface) -> Any:
    """Return what VTK draws of a surface. PyVista's own actors make a color table each, which takes longer than drawing them."""
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    mapper, actor = vtkPolyDataMapper(), vtkActor()
    mapper.SetInputDataObject(_poly_data(surface))
    mapper.ScalarVisibilityOff()
    actor.SetMapper(mapper)
    prop, material = actor.GetProperty(), surface.material
    prop.SetInterpolationToPBR()
    prop.SetMetallic(material.metallic)
    prop.SetRoughness(material.roughness)
    prop.SetColor(*material.base_color)
    if material.is_see_through:
        prop.SetOpacity(wall_opacity(material))
    if material.texture is not None:
        prop.SetColor(1.0, 1.0, 1.0)
        prop.SetBaseColorTexture(_base_color_texture(material.texture, material))
        _add_metallic_roughness(prop, material.texture)
    return actor


def _poly_data(surface: Surface) -> Any:
    """Return VTK's triangles, with normals and texture coordinates."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points, cells, data = vtkPoints(), vtkCellArray(), vtkPolyData()
    points.SetData(numpy_to_vtk(surface.vertices_m.astype(np.float32), deep=True))
    cells.SetData(3, numpy_to_vtkIdTypeArray(surface.triangles.ravel(), deep=True))
    data.SetPoints(points)
    data.SetPolys(cells)
    data.GetPointData().SetNormals(numpy_to_vtk(np.ascontiguousarray(surface.normals), deep=True))
    data.GetPointData().SetTCoords(numpy_to_vtk(np.ascontiguousarray(surface.uvs), deep=True))
    return data


def _base_color_texture(texture: Texture, material: Material) -> Any:
    """Return texture times base color as a texture that repeats; v counts rows from the top, as in Mitsuba."""
    linear = linear_from_srgb(texture.image_rgb[::-1] / 255.0) * material.base_color
    tiled = _vtk_texture(np.rint(srgb_from_linear(np.clip(linear, 0.0, 1.0)) * 255).astype(np.uint8))
    tiled.UseSRGBColorSpaceOn()
    tiled.RepeatOn()
    return tiled


def _add_metallic_roughness(prop: Any, texture: Texture) -> None:
    """Give a surface the texture's own values; VTK reads occlusion, roughness and metallic from red, green and blue."""
    if texture.metallic_roughness is None:
        return
    metallic, roughness = texture.metallic_roughness[::-1, :, 0], texture.metallic_roughness[::-1, :, 1]
    tiled = _vtk_texture(np.stack([np.full_like(metallic, 255), roughness, metallic], axis=-1))
    tiled.RepeatOn()
    prop.SetMetallic(1.0)
    prop.SetRoughness(1.0)
    prop.SetORMTexture(tiled)


def _environment_texture(environment: EnvironmentMap) -> Any:
    texture = _vtk_texture(environment.radiance / np.float32(_HEADROOM))
    texture.SetColorModeToDirectScalars()
    return texture


def _vtk_texture(pixels: Image | Float32Array) -> Any:
    """Return a smooth texture; VTK's first row is the lowest."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkRenderingCore import vtkTexture

    picture = vtkImageData()
    picture.SetDimensions(pixels.shape[1], pixels.shape[0], 1)
    picture.GetPointData().SetScalars(numpy_to_vtk(pixels[::-1].reshape(-1, 3).copy(), deep=True))
    texture = vtkTexture()
    texture.SetInputData(picture)
    texture.MipmapOn()
    texture.SetMaximumAnisotropicFiltering(1.0)  # more takes Mesa's software rasterizer seconds per picture
    texture.InterpolateOn()
    return texture


def _light(pyvista: Any, lamp: Lamp) -> Any:
    """Return a point light that gives the irradiance of the glowing sphere: π r² L / d²."""
    strongest = max(*lamp.radiance, 1e-9)
    light = pyvista.Light(position=lamp.position_m, light_type="scene light")
    light.positional = True
    light.cone_angle = 90.0
    light.attenuation_values = (0.0, 0.0, 1.0)
    light.diffuse_color = tuple(channel / strongest for channel in lamp.radiance)
    light.intensity = np.pi * lamp.radius_m**2 * strongest / _HEADROOM
    return light


def _aim(plotter: Any, scene: Scene) -> None:
    """Give VTK's camera our pose and intrinsics; its frustum is made as narrow in depth as the scene allows."""
    (width, height), focal_px = scene.camera.intrinsics.size_wh, scene.camera.intrinsics.focal_px
    center_x, center_y = scene.camera.intrinsics.principal_point_px
    pose = scene.camera.world_from_camera
    plotter.window_size = (width, height)
    camera = plotter.renderer.GetActiveCamera()
    camera.SetPosition(*pose[:3, 3])
    camera.SetFocalPoint(*(pose[:3, 3] + pose[:3, 2]))
    camera.SetViewUp(*-pose[:3, 1])
    camera.SetViewAngle(float(np.rad2deg(2 * np.arctan(height / (2 * focal_px)))))
    camera.SetWindowCenter(1 - 2 * center_x / width, 2 * center_y / height - 1)
    plotter.renderer.ResetCameraClippingRange()
    near, far = camera.GetClippingRange()
    nearest = nearest_labeled_m(scene) / 2
    if 0 < nearest < near:  # VTK moves the near plane out to a thousandth of the far one
        camera.SetClippingRange(nearest, min(far, nearest * _DEEPEST))


def _drawn_rgba(plotter: Any) -> Image:
    """Return the (H, W, 4) picture of the window, encoded by the gamma and multiplied by its opacity."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

    window, pixels = plotter.render_window, vtkUnsignedCharArray()
    width, height = plotter.window_size
    window.Render()
    window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, pixels)
    picture: Image = vtk_to_numpy(pixels).reshape(height, width, 4)[::-1]
    return picture


def _composed(rgba: Image, backdrop: Float32Array) -> Float32Array:
    """Decode a picture and lay it over the backdrop."""
    alpha = rgba[..., 3:].astype(np.float32) / np.float32(255)
    encoded = rgba[..., :3].astype(np.float32) / np.float32(255)
    straight = np.clip(encoded / np.maximum(alpha, 1 / 255), 0.0, 1.0)
    drawn = np.float32(_HEADROOM) * straight ** np.float32(_GAMMA)
    radiance: Float32Array = (drawn * alpha + (1 - alpha) * backdrop).astype(np.float32)
    return radiance
