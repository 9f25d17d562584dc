"""Rigid bodies dropped until they rest: MuJoCo moves convex hulls, on lengths scaled so that the largest body measures 1.

A body that falls off, sinks into another or does not come to rest is taken away, and the others settle again without it.
The same generator state gives the same bits on processors of one kind; contact is chaotic, so that another kind, whose
mathematics library rounds differently, may give another, equally good pile.
MuJoCo 4.0 is the least version: with 3.3 more bodies do not come to rest, and are lost.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from partsight.errors import SceneError
from partsight.randomize.layouts.hulls import collision_hulls
from partsight.randomize.layouts.support import FixedBox, Support
from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.transform import Transform, rigid

TIMESTEP_S = 0.005
MEMORY_BYTES = 2**26
"""Room for contacts; twenty parts of sixteen hulls each fit in."""
CHUNK_STEPS = 10
"""Steps between two looks at the bodies."""
MAX_CHUNKS = 160
"""8 s of simulated time; most scenes rest after 2 to 4."""
QUIET_CHUNKS = 3
"""Looks in a row at which a body has to be found still."""
STILL = 2e-3
"""Movement between two looks below which a body is still, as a share of its size."""
FREE_CHUNKS = 25
"""Looks before the air thickens: bodies fall and tumble freely, then lose a tenth of their speed at each look."""
FRICTION = (0.3, 0.9)
"""Range of a body's sliding friction; rolling friction is small, so that cylinders roll, but not for ever."""
SPEED = 0.3
"""Standard deviation of the first horizontal speed, in sizes of the largest body per second."""
SPIN = 1.5
"""Standard deviation of the first rate of turning, rad/s."""


@dataclass(frozen=True, slots=True, eq=False)
class PosedPart:
    """A part and where it is."""

    part: Part
    world_from_part: Transform


@dataclass(frozen=True, slots=True, eq=False)
class _Motion:
    """What moves, and how it starts."""

    bodies: tuple[PosedPart, ...]
    frictions: FloatArray
    """(N,)"""
    velocities: FloatArray
    """(N, 6) linear, then angular, in scaled lengths."""
    scale: float
    """Scaled length of a meter."""


def overlap_limit_m(one: Part, other: Part | None = None) -> float:
    """Return how far two bodies at rest, or a body and its support, may sink into each other."""
    sizes = [diagonal_m(part.mesh) for part in (one, other) if part is not None]
    return 5e-4 + 2e-3 * min(sizes)


def settle(
    rng: np.random.Generator, bodies: Sequence[PosedPart], support: Support, fixed: Sequence[PosedPart] = ()
) -> list[Transform | None]:
    """Drop the bodies, which overlap nothing yet; return where they rest, None for those taken away.

    `fixed` parts are as unmovable as the support.
    """
    frictions = rng.uniform(*FRICTION, len(bodies))
    velocities = rng.normal(0, [SPEED, SPEED, 0, SPIN, SPIN, SPIN], (len(bodies), 6))
    poses: list[Transform | None] = [body.world_from_part for body in bodies]
    while left := [number for number, pose in enumerate(poses) if pose is not None]:
        moving = tuple(PosedPart(bodies[k].part, pose) for k in left if (pose := poses[k]) is not None)
        scale = 1 / max(diagonal_m(body.part.mesh) for body in moving)
        motion = _Motion(moving, frictions[left], velocities[left], scale)
        with _silent():
            rested = _simulated(motion, support, fixed)
        for number, pose in zip(left, rested, strict=True):
            poses[number] = pose
        if all(pose is not None for pose in rested):
            break
        velocities = np.zeros_like(velocities)
    return poses


@contextmanager
def _silent() -> Iterator[None]:
    """Keep MuJoCo from writing MUJOCO_LOG.TXT into the working folder: bodies that go astray are found by their places."""
    import mujoco

    before = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(lambda _: None)
    try:
        yield
    finally:
        mujoco.set_mju_user_warning(before)


def _simulated(motion: _Motion, support: Support, fixed: Sequence[PosedPart]) -> list[Transform | None]:
    """Step until everything is still, or time is over."""
    import mujoco

    model = _model(motion, support, fixed)
    data = mujoco.MjData(model)
    data.qvel[:] = motion.velocities.ravel()
    sizes = np.array([diagonal_m(body.part.mesh) for body in motion.bodies]) * motion.scale
    lowest = min((_lowest_m(box) for box in support.boxes), default=support.floor_m) * motion.scale
    quiet = np.zeros(len(sizes), int)
    before = _states(data)
    for chunk in range(MAX_CHUNKS):
        mujoco.mj_step(model, data, nstep=CHUNK_STEPS)
        after = _states(data)
        quiet = np.where(_moved(before, after, sizes) < STILL * sizes, quiet + 1, 0)
        before = after
        has_fallen = ~np.isfinite(after).all(axis=1) | (after[:, 2] < lowest - sizes)
        if (has_fallen | (quiet >= QUIET_CHUNKS)).all():
            break
        data.qvel[:] *= 1.0 if chunk < FREE_CHUNKS else 0.9
    _check_memory(data)
    is_good = ~has_fallen & (quiet >= QUIET_CHUNKS) & ~_is_sunk(model, data, motion, fixed)
    return [_pose(state, motion.scale) if good else None for state, good in zip(before, is_good, strict=True)]


def _model(motion: _Motion, support: Support, fixed: Sequence[PosedPart]) -> Any:
    """Return the compiled model: moving bodies first, in order, then everything unmovable as part of the world."""
    import mujoco

    spec = mujoco.MjSpec()
    spec.memory = MEMORY_BYTES
    spec.option.timestep = TIMESTEP_S
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    for body, friction in zip(motion.bodies, motion.frictions, strict=True):
        moving = spec.worldbody.add_body(**_placed(body.world_from_part, motion.scale))
        moving.add_freejoint()
        for mesh in _meshes(spec, body.part, motion.scale):
            moving.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh, **_contact(float(friction)))
    for body in fixed:
        for mesh in _meshes(spec, body.part, motion.scale):
            place = _placed(body.world_from_part, motion.scale)
            spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh, **place, **_contact(FRICTION[0]))
    _add_support(spec, support, motion.scale)
    return spec.compile()


def _add_support(spec: Any, support: Support, scale: float) -> None:
    import mujoco

    if support.has_solid_floor:
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            pos=[0, 0, support.floor_m * scale],
            size=[0, 0, 1],
            **_contact(FRICTION[0]),
        )
    for box in support.boxes:
        place = _placed(box.world_from_box, scale)
        half = box.size_m * scale / 2
        spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=half, **place, **_contact(FRICTION[0]))


def _meshes(spec: Any, part: Part, scale: float) -> list[str]:
    """Add the hulls of a part, unless they are there already, and return their names."""
    import mujoco

    names = []
    for number, corners in enumerate(collision_hulls(part)):
        name = f"{part.key} {number}"
        names.append(name)
        if spec.mesh(name) is None:
            mesh = spec.add_mesh(name=name)
            mesh.uservert = (corners * scale).ravel()
            mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
    return names


def _contact(friction: float) -> dict[str, Any]:
    """Return stiff contact: at rest a body sinks in by about 0.01 % of the largest one's size."""
    stiffness = {"solref": [2 * TIMESTEP_S, 1.0], "solimp": [0.95, 0.99, 0.001, 0.5, 2.0]}
    return {"condim": 6, "friction": [friction, 0.005, 0.002], **stiffness}


def _placed(pose: Transform, scale: float) -> dict[str, FloatArray]:
    """Return position and quaternion as MuJoCo wants them."""
    import mujoco

    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, np.ascontiguousarray(pose[:3, :3]).ravel())
    return {"pos": pose[:3, 3] * scale, "quat": quaternion}


def _lowest_m(box: FixedBox) -> float:
    return float(box.world_from_box[2, 3] - box.size_m[2] / 2)


def _states(data: Any) -> FloatArray:
    """Return (N, 7) positions and quaternions of the moving bodies."""
    return np.array(data.qpos, float).reshape(-1, 7)


def _moved(before: FloatArray, after: FloatArray, sizes: FloatArray) -> FloatArray:
    """Return how far the farthest point of each body has about moved."""
    turned = 2 * np.linalg.norm(after[:, 3:] - before[:, 3:], axis=1)
    return np.asarray(np.linalg.norm(after[:, :3] - before[:, :3], axis=1) + turned * sizes / 2)


def _is_sunk(model: Any, data: Any, motion: _Motion, fixed: Sequence[PosedPart]) -> BoolArray:
    """Return for each moving body whether it sits too deep in another: of two bodies, the smaller one does."""
    import mujoco

    mujoco.mj_forward(model, data)
    is_sunk = np.zeros(len(motion.bodies), bool)
    smallest = min((body.part for body in (*motion.bodies, *fixed)), key=lambda part: diagonal_m(part.mesh))
    for contact in data.contact[: data.ncon] if data.ncon else ():
        numbers = [number for geom in contact.geom if (number := int(model.geom_bodyid[geom]) - 1) >= 0]
        parts = [motion.bodies[number].part for number in numbers]
        if -contact.dist > overlap_limit_m(*parts, *([smallest] if len(parts) < 2 else [])) * motion.scale:
            is_sunk[min(numbers, key=lambda number: diagonal_m(motion.bodies[number].part.mesh))] = True
    return is_sunk


def _check_memory(data: Any) -> None:
    """Refuse a pile in which contacts were left out. Raises SceneError."""
    import mujoco

    kinds = (mujoco.mjtWarning.mjWARN_CONTACTFULL, mujoco.mjtWarning.mjWARN_CNSTRFULL)
    if any(data.warning[int(kind)].number for kind in kinds):
        raise SceneError(
            f"physics: a pile of {data.qpos.size // 7} bodies has more contacts than fit into {MEMORY_BYTES >> 20} MiB. "
            "Lower randomize.scatter.parts_per_image or randomize.distractors.per_image."
        )


def _pose(state: FloatArray, scale: float) -> Transform:
    import mujoco

    rotation = np.zeros(9)
    mujoco.mju_quat2Mat(rotation, state[3:])
    return rigid(rotation.reshape(3, 3), state[:3] / scale)
