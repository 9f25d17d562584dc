"""Bodies at rest: on something, in nothing, and the same for the same random numbers; measured without the physics engine."""

import hashlib
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from partsight.config.sections.randomize import DistractorSection
from partsight.randomize.layouts.arrangement import turn_freely
from partsight.randomize.layouts.hulls import collision_hulls
from partsight.randomize.layouts.physics import PosedPart, overlap_limit_m, settle
from partsight.randomize.layouts.resting import resting_poses
from partsight.randomize.layouts.support import Support, bin_of, ground, table
from partsight.randomize.solids import box, lathe
from partsight.randomize.things.distractors import Catalog, sample_distractor
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.transform import rigid
from tests.unit.randomize.contact import depth_m, do_meet, pieces, support_pieces

from .test_hulls import assembly

ROD = lathe("rod", np.array([[0, -0.1], [0.02, -0.1], [0.02, 0.1], [0, 0.1]]))
PARTS = (box(np.array([0.3, 0.2, 0.05])), ROD, box(np.array([0.05, 0.04, 0.03])), box(np.array([0.2, 0.2, 0.004])))
SUPPORTS = {
    "ground": ground(),
    "table": table(np.array([0.9, 0.6]), 0.5, 20.0),
    "bin": bin_of(np.array([0.6, 0.5, 0.2]), 35.0),
}
HOLLOW = assembly([(0, 0, 0), (0.3, 0, 0), (0, 0.3, 0), (0, 0, 0.3)], 0.08)
"""Four cubes far from each other: a part of four hulls."""


def heap(seed: int, count: int = 8, parts: tuple[Part, ...] = PARTS, spread_m: float = 0.1) -> list[PosedPart]:
    """Freely turned bodies above each other."""
    rng, height, bodies = np.random.default_rng(seed), 0.25, []
    for number in range(count):
        part, rotation = parts[number % len(parts)], turn_freely(rng)
        heights = (resting_poses(part).hull_m @ rotation.T)[:, 2]
        place = [*rng.uniform(-spread_m, spread_m, 2), height - heights.min()]
        bodies.append(PosedPart(part, rigid(rotation, place)))
        height += np.ptp(heights) + 0.005
    return bodies


def at_rest(bodies: list[PosedPart], support: Support, seed: int = 0, fixed=()) -> list[PosedPart]:
    poses = settle(np.random.default_rng(seed), bodies, support, fixed)
    return [PosedPart(body.part, pose) for body, pose in zip(bodies, poses, strict=True) if pose is not None]


def check_contact(bodies: list[PosedPart], support: Support, fixed: list[PosedPart] = []) -> None:  # noqa: B006
    """No two bodies overlap by more than the limit, and a body let down by the limit would touch something."""
    for body in bodies:
        for mine in pieces(body):
            assert max(depth_m(mine, piece) for piece in support_pieces(support)) <= overlap_limit_m(body.part)
    for one, other in combinations([*bodies, *fixed], 2):
        if one in bodies or other in bodies:
            deepest = max(depth_m(mine, its) for mine in pieces(one) for its in pieces(other))
            assert deepest <= overlap_limit_m(one.part, other.part)
    for body in bodies:
        below = support_pieces(support) + [
            piece for other in (*bodies, *fixed) if other is not body for piece in pieces(other)
        ]
        lowered = [mine - [0, 0, overlap_limit_m(body.part)] for mine in pieces(body)]
        assert any(do_meet(mine, piece) for mine in lowered for piece in below)


@pytest.mark.parametrize("support", SUPPORTS.values(), ids=SUPPORTS)
@pytest.mark.parametrize("seed", range(3))
def test_bodies_at_rest_touch_something_and_sink_into_nothing(support, seed):
    rested = at_rest(heap(seed), support, seed)
    assert rested
    check_contact(rested, support)


def test_parts_of_several_hulls_settle_into_each_other_s_hollows():
    rested = at_rest(heap(3, 6, (HOLLOW,)), ground())
    assert len(rested) == 6
    assert len(pieces(rested[0])) == 4
    check_contact(rested, ground())


def test_bodies_of_very_different_sizes_settle_together():
    large, small = box(np.array([1.0, 0.6, 0.4])), box(np.array([0.02, 0.015, 0.01]))
    rested = at_rest(heap(1, 6, (large, small, small)), ground())
    assert sum(body.part is large for body in rested) == 2
    check_contact(rested, ground())


def test_distractors_settle_on_parts_that_do_not_move():
    fixed = at_rest(heap(2, 3), ground())
    rng = np.random.default_rng(5)
    solids = tuple(sample_distractor(rng, 0.15, DistractorSection(), Catalog(())) for _ in range(8))
    rested = at_rest(heap(3, 8, solids), ground(), fixed=fixed)
    assert len(rested) >= 6
    check_contact(rested, ground(), fixed)


def test_the_bin_keeps_what_falls_into_it():
    rested = at_rest(heap(4, 10, PARTS[2:3]), SUPPORTS["bin"])
    assert len(rested) == 10
    corners = np.concatenate([piece for body in rested for piece in pieces(body)])
    assert (np.linalg.norm(corners[:, :2], axis=1) < np.hypot(0.3, 0.25) + 0.002).all()


def test_what_misses_the_table_is_gone_and_reported():
    lost = PosedPart(PARTS[0], rigid(np.eye(3), [2.0, 0, 0.1]))
    kept = PosedPart(PARTS[0], rigid(np.eye(3), [0, 0, 0.1]))
    poses = settle(np.random.default_rng(0), [lost, kept], SUPPORTS["table"])
    assert poses[0] is None
    assert poses[1] is not None


def test_what_goes_astray_is_gone_and_leaves_no_log_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    astray = PosedPart(PARTS[0], rigid(np.eye(3), [0, 0, 1e12]))
    assert settle(np.random.default_rng(0), [astray], ground()) == [None]
    assert list(tmp_path.iterdir()) == []


def test_a_pile_of_parts_of_many_pieces_fits_into_memory():
    """Ten rings of forty blocks, sixteen hulls each, in one bin."""
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = assembly(np.column_stack([np.cos(angles), np.sin(angles), 0 * angles]), 0.05)
    assert len(at_rest(heap(0, 10, (ring,)), bin_of(np.array([4.0, 4.0, 1.0])))) >= 9


def test_a_box_let_go_flat_lies_flat_where_it_fell():
    (pose,) = settle(np.random.default_rng(0), [PosedPart(PARTS[0], rigid(np.eye(3), [0, 0, 0.03]))], ground())
    assert pose is not None
    assert pose[2, 3] == pytest.approx(0.025, abs=5e-4)
    assert pose[2, 2] == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-9)


def test_nothing_to_drop_is_nothing_at_rest():
    assert settle(np.random.default_rng(0), [], ground()) == []


def digest() -> str:
    """A hash of the poses of one heap."""
    poses = settle(np.random.default_rng(7), heap(7), SUPPORTS["bin"])
    return hashlib.sha256(b"".join(b"gone" if pose is None else pose.tobytes() for pose in poses)).hexdigest()


def test_the_same_random_numbers_give_the_same_bits_here_and_in_another_process():
    command = "from tests.unit.randomize.layouts.test_physics import digest; print(digest())"
    path = os.pathsep.join([str(Path(__file__).parents[4]), *sys.path])
    other = subprocess.run(
        [sys.executable, "-c", command],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert digest() == digest() == other.stdout.strip()


def test_other_random_numbers_give_another_pile():
    one, other = (settle(np.random.default_rng(seed), heap(7), SUPPORTS["bin"]) for seed in (1, 2))
    assert any(a is None or b is None or not np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_sinking_may_grow_with_the_smaller_body_only():
    assert overlap_limit_m(PARTS[0], PARTS[2]) == overlap_limit_m(PARTS[2]) < overlap_limit_m(PARTS[0])
    assert overlap_limit_m(PARTS[0]) == pytest.approx(5e-4 + 2e-3 * diagonal_m(PARTS[0].mesh))


def test_pieces_follow_the_body():
    body = PosedPart(ROD, rigid(np.eye(3), [1.0, 2.0, 3.0]))
    np.testing.assert_allclose(pieces(body)[0], collision_hulls(ROD)[0] + [1.0, 2.0, 3.0])
