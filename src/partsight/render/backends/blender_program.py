"""Draw scenes with Cycles: a program of its own, run by Blender or by a Python that has `bpy`; it imports nothing of this package.

It reads lines from standard input, each the path of a scene file (.npz), draws the scene into the file of the same name with the
suffix .exr (linear RGBA, premultiplied), and answers each with one line: `partsight: drawn`, or `partsight: failed` and the reason.
"""

import sys
from typing import Any

import bpy
import numpy as np

ANSWER = "partsight:"
CAMERA_FROM_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])
"""Blender's cameras look along −z with y up."""
SURFACE_FIELDS = ("vertices", "normals", "uvs", "triangles", "material")


def main() -> None:
    """Answer until the input ends."""
    answer(f"ready {bpy.app.version_string}")
    for line in sys.stdin:
        path = line.strip()
        if not path:
            break
        try:
            draw(path)
        except (RuntimeError, ValueError, KeyError, OSError) as error:
            answer(f"failed {type(error).__name__}: {' '.join(str(error).split())}")
        else:
            answer("drawn")


def answer(text: str) -> None:
    """Say one line to the one who asked."""
    sys.stdout.write(f"\n{ANSWER} {text}\n")
    sys.stdout.flush()


def draw(path: str) -> None:
    """Draw the scene of one file."""
    with np.load(path) as file:
        data = dict(file)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    set_up_cycles(scene, data)
    set_up_camera(scene, data)
    set_up_world(scene, data["environment"])
    for number in range(int(data["num_surfaces"])):
        add_surface(scene, {name: data[f"{name}_{number}"] for name in SURFACE_FIELDS}, data.get(f"texture_{number}"))
    for position_m, radius_m, radiance in zip(
        data["lamp_positions_m"], data["lamp_radii_m"], data["lamp_radiances"], strict=True
    ):
        add_lamp(scene, position_m, float(radius_m), radiance)
    scene.render.filepath = path.removesuffix(".npz") + ".exr"
    bpy.ops.render.render(write_still=True)


def set_up_cycles(scene: Any, data: dict[str, Any]) -> None:
    """Plain path tracing, every pixel with equally many paths, without denoising; a transparent film."""
    width, height = (int(side) for side in data["size_wh"])
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = int(data["samples_per_pixel"])
    cycles.seed = int(data["seed"])
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    cycles.pixel_filter_type = "BOX"
    bounces = int(data["max_depth"]) - 2  # Cycles does not count the segments from the camera and to the light
    cycles.max_bounces = cycles.diffuse_bounces = cycles.glossy_bounces = bounces
    cycles.sample_clamp_indirect = 0.0
    cycles.blur_glossy = 0.0
    render = scene.render
    render.threads_mode, render.threads = "FIXED", int(data["num_threads"])
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.film_transparent = True
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_mode, render.image_settings.color_depth = "RGBA", "32"
    render.image_settings.exr_codec = "NONE"


def set_up_camera(scene: Any, data: dict[str, Any]) -> None:
    """Give Blender's camera our pose, focal length and principal point."""
    from mathutils import Matrix

    width, height = (float(side) for side in data["size_wh"])
    center_x, center_y = (float(value) for value in data["principal_point_px"])
    camera = bpy.data.cameras.new("camera")
    camera.sensor_fit, camera.sensor_width = "HORIZONTAL", width
    camera.lens = float(data["focal_px"])
    camera.shift_x, camera.shift_y = 0.5 - center_x / width, (center_y - height / 2) / width
    camera.clip_start, camera.clip_end = 1e-3, 1e3
    thing = bpy.data.objects.new("camera", camera)
    thing.matrix_world = Matrix((data["world_from_camera"] @ CAMERA_FROM_OPENCV).tolist())
    scene.collection.objects.link(thing)
    scene.camera = thing


def set_up_world(scene: Any, radiance: Any) -> None:
    """Light the scene by the environment map; its directions are Blender's own."""
    world = bpy.data.worlds.new("world")
    scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    picture = nodes.new("ShaderNodeTexEnvironment")
    picture.image = float_image(radiance)
    links.new(picture.outputs["Color"], nodes["Background"].inputs["Color"])


def float_image(pixels_rgb: Any) -> Any:
    """Return an image of linear (H, W, 3) values, whose first row is the upper one."""
    height, width = pixels_rgb.shape[:2]
    image = bpy.data.images.new("picture", width, height, float_buffer=True, is_data=True)
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., :3] = pixels_rgb[::-1]
    image.pixels.foreach_set(rgba.ravel())
    image.update()
    image.pack()
    return image


def add_surface(scene: Any, surface: dict[str, Any], texture: Any) -> None:
    """Add one mesh with one material."""
    mesh = bpy.data.meshes.new("surface")
    vertices, triangles = surface["vertices"], surface["triangles"]
    mesh.from_pydata(vertices.tolist(), [], triangles.tolist(), shade_flat=False)
    mesh.normals_split_custom_set_from_vertices(surface["normals"].tolist())
    if texture is not None:
        flipped = surface["uvs"][triangles.ravel()] * [1.0, -1.0]  # Blender's v counts from below
        mesh.uv_layers.new().uv.foreach_set("vector", flipped.astype(np.float32).ravel())
    mesh.materials.append(made_material(surface["material"], texture))
    scene.collection.objects.link(bpy.data.objects.new("surface", mesh))


def made_material(values: Any, texture: Any) -> Any:
    """Return a principled material of (red, green, blue, metallic, roughness, alpha), with a linear texture instead of its color."""
    material = bpy.data.materials.new("material")
    material.use_nodes = True
    principled = material.node_tree.nodes["Principled BSDF"]
    principled.inputs["Base Color"].default_value = (*values[:3].tolist(), 1.0)
    principled.inputs["Metallic"].default_value = float(values[3])
    principled.inputs["Roughness"].default_value = float(values[4])
    principled.inputs["Alpha"].default_value = float(values[5])
    if texture is not None:
        picture = material.node_tree.nodes.new("ShaderNodeTexImage")
        picture.image = float_image(texture)
        material.node_tree.links.new(picture.outputs["Color"], principled.inputs["Base Color"])
    return material


def add_lamp(scene: Any, position_m: Any, radius_m: float, radiance: Any) -> None:
    """Add a glowing sphere that the camera looks through: Blender states its power, 4 π² r² times its radiance."""
    strongest = max(float(radiance.max()), 1e-9)
    light = bpy.data.lights.new("lamp", "POINT")
    light.shadow_soft_size = radius_m
    light.color = (radiance / strongest).tolist()
    light.energy = 4 * np.pi**2 * radius_m**2 * strongest
    thing = bpy.data.objects.new("lamp", light)
    thing.location = position_m.tolist()
    thing.visible_camera = False
    scene.collection.objects.link(thing)


if __name__ == "__main__":
    main()
