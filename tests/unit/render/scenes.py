"""Small parts and scenes made of numbers, for the tests of this package."""

from dataclasses import replace

import numpy as np

from partsight.structures.world.camera import Camera, centered_intrinsics
from partsight.structures.world.light import EnvironmentMap, Lamp
from partsight.structures.world.material import Material, Texture
from partsight.structures.world.part import Mesh, Part
from partsight.structures.world.scene import Background, Instance, Scene
from partsight.structures.world.transform import look_at, rigid, rotation_about

WHITE = Material("white", (1.0, 1.0, 1.0), roughness=1.0)
RED_PLASTIC = Material("red plastic", (0.7, 0.06, 0.05), roughness=0.35)
STEEL = Material("steel", (0.6, 0.6, 0.62), metallic=1.0, roughness=0.25)


def box_part(size_m=(0.2, 0.2, 0.2), *, num_slots=1):
    """A box with flat faces; its twelve triangles share out the material slots one after the other."""
    corners = np.array([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], float)
    turns = [rotation_about([1, 0, 0], angle) for angle in (0, 90, 180, 270)]
    turns += [rotation_about([0, 1, 0], angle) for angle in (90, 270)]
    vertices = np.concatenate([corners @ turn.T for turn in turns]) * np.asarray(size_m) / 2
    normals = np.repeat(np.stack([turn[:, 2] for turn in turns]), 4, axis=0)
    triangles = np.array([[0, 1, 2], [0, 2, 3]])[None] + 4 * np.arange(6)[:, None, None]
    return _part(f"box {size_m} {num_slots}", vertices, normals, triangles.reshape(-1, 3), num_slots)


def ball_part(radius_m=0.1, num_rings=24):
    """A smooth ball."""
    polar, azimuth = np.meshgrid(
        np.linspace(0, np.pi, num_rings + 1), np.linspace(0, 2 * np.pi, 2 * num_rings + 1), indexing="ij"
    )
    normals = np.stack(
        [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], axis=-1
    ).reshape(-1, 3)
    rows, columns = np.meshgrid(np.arange(num_rings), np.arange(2 * num_rings), indexing="ij")
    first = (rows * (2 * num_rings + 1) + columns).ravel()
    below = first + 2 * num_rings + 1
    upper, lower = np.stack([first, below, below + 1], 1), np.stack([first, below + 1, first + 1], 1)
    triangles = np.concatenate([upper[rows.ravel() < num_rings - 1], lower[rows.ravel() > 0]])
    return _part(f"ball {radius_m} {num_rings}", normals * radius_m, normals, triangles, 1)


def camera(size_wh=(96, 96), *, focal_px=None, eye_m=(0.7, -0.5, 0.45), target_m=(0.0, 0.0, 0.0), roll_deg=0.0):
    pose = look_at(np.asarray(eye_m, float), np.asarray(target_m, float), roll_deg)
    return Camera(centered_intrinsics(size_wh, focal_px or 1.3 * size_wh[0]), pose)


def uniform_environment(radiance=(1.0, 1.0, 1.0)):
    return EnvironmentMap(np.tile(np.asarray(radiance, np.float32), (16, 32, 1)))


def sky_environment(num_rows=32):
    """Bright above, darker below, with a window to the left."""
    height = np.linspace(1.0, 0.15, num_rows)[:, None, None]
    radiance = (height * np.array([0.7, 0.85, 1.0])).repeat(2 * num_rows, axis=1)
    radiance[num_rows // 5 : num_rows // 3, num_rows // 4 : num_rows // 2] += 6.0
    return EnvironmentMap(radiance.astype(np.float32))


def checkered_texture(size_m=0.1, num_pixels=32):
    tiles = np.indices((num_pixels, num_pixels)) // (num_pixels // 2)
    checks = tiles.sum(axis=0) % 2
    return Texture(np.where(checks[..., None] == 1, [255, 240, 200], [40, 80, 60]).astype(np.uint8), size_m)


def placed(part, position_m=(0.0, 0.0, 0.0), *, turn_deg=0.0, material=WHITE, class_id=0):
    pose = rigid(rotation_about([0.0, 0.0, 1.0], turn_deg), position_m)
    return Instance(part, pose, (material,) * len(part.materials), class_id)


def still_life(size_wh=(96, 96), *, seed=0):
    """A red ball, a steel box and a checkered box on a ground, lit by a sky and a lamp."""
    checkered = replace(WHITE, name="checkered", texture=checkered_texture())
    return Scene(
        camera=camera(size_wh),
        instances=(
            placed(ball_part(), (0.0, -0.1, 0.0), material=RED_PLASTIC),
            placed(box_part(), (-0.15, 0.18, 0.0), turn_deg=20, material=STEEL),
            placed(box_part((0.12, 0.12, 0.12)), (0.18, 0.12, -0.04), turn_deg=50, material=checkered, class_id=1),
            placed(
                box_part((1.0, 1.0, 0.02)),
                (0.0, 0.0, -0.11),
                material=Material("ground", (0.4, 0.4, 0.38)),
                class_id=None,
            ),
        ),
        environment=sky_environment(),
        lamps=(Lamp((0.5, 0.4, 0.9), 0.08, (14.0, 11.0, 8.0)),),
        render_seed=seed,
    )


def with_background(scene, color=(30, 120, 200)):
    width, height = scene.camera.intrinsics.size_wh
    return replace(scene, background=Background(np.tile(np.asarray(color, np.uint8), (height, width, 1))))


def _part(name, vertices, normals, triangles, num_slots):
    return Part(
        name=name,
        mesh=Mesh(vertices, normals, triangles),
        materials=(WHITE,) * num_slots,
        material_ids=np.arange(len(triangles)) % num_slots,
        node_names=("solid",),
        node_ids=np.zeros(len(triangles), int),
        key=name,
    )
