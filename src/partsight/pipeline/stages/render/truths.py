"""The scenes of finished renders, made again from recipe, seed and number, and all that rays tell of them."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from partsight.annotate.annotating import TracedScene, mask_traced, trace_scene
from partsight.annotate.keypoints import find_keypoints, see_keypoints
from partsight.config.recipe import Recipe
from partsight.config.sections.cad import KeypointPlace
from partsight.errors import RenderError
from partsight.files import read_json
from partsight.labels.formats.rendered import label_path, mask_path, read_masks
from partsight.pipeline.stages.render.shard import RenderJob, open_scenes
from partsight.structures.traced.keypoint import Keypoint, SeenKeypoints
from partsight.structures.traced.picture_truth import PictureTruth
from partsight.structures.traced.silhouette import Silhouette, TracedPicture
from partsight.structures.world.annotation import InstanceAnnotation
from partsight.structures.world.camera import Camera, farthest_corner
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Scene

ClassKeypoints = tuple[tuple[str, tuple[tuple[str, KeypointPlace], ...]], ...]
"""Keypoints by class, as a job carries them."""


@dataclass(frozen=True, slots=True, eq=False)
class Truths:
    """Remakes the scenes of one render job."""

    job: RenderJob
    keypoints: Mapping[int, Mapping[str, KeypointPlace]]
    """By class number."""
    scene_of: Callable[[int], TracedScene]

    def of_picture(self, index: int) -> tuple[Scene, PictureTruth]:
        """Make the scene of a finished picture again, with all that is known of it. Raises RenderError where it has changed."""
        traced = self.scene_of(index)
        truth = self._of_traced(traced)
        return traced.scene, replace(truth, traced=_as_labeled(truth.traced, self.job, index))

    def of_scene(self, scene: Scene) -> PictureTruth:
        """Return all that is known of a scene."""
        return self._of_traced(trace_scene(scene))

    def _of_traced(self, found: TracedScene) -> PictureTruth:
        scene, traced = found.scene, self._masks(found)
        return PictureTruth(
            intrinsics=scene.camera.intrinsics,
            world_from_camera=scene.camera.world_from_camera,
            traced=traced,
            keypoints=tuple(self._seen(scene, one) for one in traced.silhouettes),
            part_keys=tuple(scene.instances[one.instance_id].part.key for one in traced.silhouettes),
        )

    def _masks(self, found: TracedScene) -> TracedPicture:
        class_ids = {name: class_id for class_id, name in enumerate(self.job.class_names)}
        return mask_traced(found, self.job.annotate, class_ids)

    def _seen(self, scene: Scene, silhouette: Silhouette) -> SeenKeypoints | None:
        places = self.keypoints.get(silhouette.class_id)
        if not places or silhouette.region_id is not None:
            return None
        found = _keypoints_of(scene.instances[silhouette.instance_id].part, tuple(places.items()))
        return see_keypoints(scene, silhouette.instance_id, found)


def open_truths(job: RenderJob, keypoints: ClassKeypoints = ()) -> Truths:
    """Return what makes the scenes of a job again."""
    numbers = {name: class_id for class_id, name in enumerate(job.class_names)}
    return Truths(job, {numbers[name]: dict(places) for name, places in keypoints}, open_scenes(job))


def class_keypoints(recipe: Recipe) -> ClassKeypoints:
    """Return the recipe's keypoints by class, of those classes that have any."""
    return tuple((name, tuple(part.keypoints.items())) for name, part in recipe.parts.items() if part.keypoints)


def straight(scene: Scene) -> Scene:
    """Return the scene without the bending of its lens, seen by a pinhole that sees nothing which the lens does not."""
    camera = scene.camera
    lens = camera.intrinsics.lens
    if lens is None:
        return scene
    wider = max(1.0, farthest_corner(camera.intrinsics) / lens.edge)
    pinhole = replace(camera.intrinsics, lens=None, focal_px=camera.intrinsics.focal_px * wider)
    return replace(scene, camera=Camera(pinhole, camera.world_from_camera))


@functools.lru_cache(maxsize=64)
def _keypoints_of(part: Part, places: tuple[tuple[str, KeypointPlace], ...]) -> tuple[Keypoint, ...]:
    return find_keypoints(part, dict(places))


def _as_labeled(traced: TracedPicture, job: RenderJob, index: int) -> TracedPicture:
    """Return the labels that the finished picture has: what lies in the dark was left out when it was drawn.

    Raises RenderError for a scene that shows other things than the picture does.
    """
    path = label_path(job.output_dir, index)
    stated = {(one["instance_id"], one["class_id"], tuple(one["box_xyxy"])) for one in read_json(path)["objects"]}
    labels = [
        one.label if one.label is not None and _place(one.label) in stated else None for one in traced.silhouettes
    ]
    is_same = np.array_equal(read_masks(mask_path(path)), traced.annotation.instance_mask)
    if not is_same or {_place(one) for one in labels if one is not None} != stated:
        raise RenderError(
            f"{job.output_dir}: picture {index} cannot be made again as it was drawn: another version of Partsight or of its "
            "libraries made it. Delete the folder and render again with this version."
        )
    silhouettes = tuple(replace(one, label=label) for one, label in zip(traced.silhouettes, labels, strict=True))
    return replace(traced, silhouettes=silhouettes)


def _place(label: InstanceAnnotation) -> tuple[int, int, tuple[float, ...]]:
    return label.instance_id, label.class_id, tuple(label.box_xyxy.tolist())
